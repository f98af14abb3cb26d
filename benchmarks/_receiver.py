"""A LINE for one endpoint, in a process of its own: answers multicasts after a while, keeps LINE's rate, counts who got what.

`python -m benchmarks._receiver LATENCY_MS` prints its port. A request under a known retry key is answered with 409 and reaches
nobody; one beyond the token bucket (200 and 200 a second) with 429. `GET /report` counts recipients by their ids.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import urllib3

RATE = 200


class Receiver(asyncio.Protocol):
    """One kept-alive connection; `book` is shared by all."""

    def __init__(self, book, latency):
        self.book = book
        self.latency = latency
        self.buffer = bytearray()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.buffer[:end]).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self.buffer) < end + 4 + length:
                return
            body = bytes(self.buffer[end + 4 : end + 4 + length])
            del self.buffer[: end + 4 + length]
            self.answer(head, body)

    def answer(self, head, body):
        now = time.monotonic()
        if head.startswith(b"get"):
            self.write(200, json.dumps(self.book.report()).encode())
            return
        key = head.partition(b"x-line-retry-key:")[2].partition(b"\r\n")[0].strip()
        status = self.book.take(now, key, body, limited=b"/v2/bot/" in head)
        message = b'{"message":"The API rate limit has been exceeded."}' if status == 429 else b"{}"
        asyncio.get_running_loop().call_later(self.latency, self.write, status, message)

    def write(self, status, body):
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body))


class Book:
    """What arrived. Bodies are opened only for the report, so that counting does not slow the receiving."""

    def __init__(self):
        self.bodies = {}
        self.arrivals = []
        self.refused = self.repeated = self.free = 0
        self.tokens, self.at = float(RATE), time.monotonic()

    def take(self, now, key, body, *, limited):
        if not limited:
            self.free += 1
            return 200
        self.tokens, self.at = min(RATE, self.tokens + (now - self.at) * RATE), now
        if self.tokens < 1:
            self.refused += 1
            return 429
        self.tokens -= 1
        self.arrivals.append(now)
        if key in self.bodies:
            self.repeated += 1
            return 409
        self.bodies[key] = body
        return 200

    def report(self):
        """Counts, the rate between the first arrival and the last, and the fullest second."""
        got = Counter()
        for body in self.bodies.values():
            got.update(json.loads(body)["to"])
        lasted = self.arrivals[-1] - self.arrivals[0] if len(self.arrivals) > 1 else 0.0
        first = 0
        fullest = 0
        for place, moment in enumerate(self.arrivals):
            while moment - self.arrivals[first] >= 1.0:
                first += 1
            fullest = max(fullest, place - first + 1)
        return {
            "requests": len(self.arrivals),
            "lasted_s": lasted,
            "fullest_second": fullest,
            "people": len(got),
            "doubled": sum(count > 1 for count in got.values()),
            "refused_429": self.refused,
            "repeated_409": self.repeated,
        }


@contextmanager
def receiver(latency_ms):
    """Run it in a process of its own; yields its address."""
    command = [sys.executable, "-m", "benchmarks._receiver", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def report_of(address):
    """The report of a running receiver."""
    with urllib3.PoolManager() as pool:
        return json.loads(pool.request("GET", f"{address}/report").data)


async def main(latency_ms):
    """Serve until the process is ended."""
    book = Book()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(book, latency_ms / 1000), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
