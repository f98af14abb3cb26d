"""Signed delivery of events to the town over real HTTP, with everything that LINE may do to their order and number."""

import base64
import copy
import hashlib
import hmac
import json
import queue
import threading
import time
import zlib
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import urllib3
from attrs import define, field

from govline.simulator.channel import Channel

__all__ = ["Delivery", "Postman", "signature"]

_LANES: Final = 4
_DEADLINE: Final = 2.0


def signature(secret: str, body: bytes) -> str:
    """`x-line-signature`: base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


@define(eq=False)
class Delivery:
    """One body on its way: where to, what in it, and how each attempt ended (status, or why there is none)."""

    number: int
    url: str
    secret: str = field(repr=False)
    destination: str
    events: list[dict[str, Any]] = field(repr=False)
    attempts: list[str] = field(factory=list)
    raw: bytes | None = field(default=None, repr=False)
    sign: bool = True

    @property
    def delivered(self) -> bool:
        return bool(self.attempts) and self.attempts[-1].startswith("20")

    def body(self) -> bytes:
        """The raw bytes; a redelivered body differs in nothing but `isRedelivery`."""
        if self.raw is not None:
            return self.raw
        payload = {"destination": self.destination, "events": self.events}
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")

    def to_json(self) -> dict[str, Any]:
        kinds = [event.get("type") for event in self.events]
        return {"number": self.number, "types": kinds, "attempts": self.attempts, "delivered": self.delivered}


class Postman:
    """Posts bodies from a few lanes, so that a slow town delays only the citizens of one lane.

    Events of one citizen leave in order; between citizens there is none, as with LINE.

    Args:
        delays: Seconds after which a body that was not answered with 20x within 2 seconds is posted again, each time;
            empty, as with LINE, redelivery is off. LINE's own delays are not published.
    """

    def __init__(self, delays: Sequence[float] = ()) -> None:
        self.delays = tuple(delays)
        self.duplicate = 0
        self._http = urllib3.PoolManager(maxsize=_LANES, retries=False)
        self._lock = threading.Condition()
        self._held: list[Delivery] | None = None
        self._busy = 0
        self._numbers = 0
        self._timers: set[threading.Timer] = set()
        self._deliveries: deque[Delivery] = deque(maxlen=2000)
        self._lanes: list[queue.SimpleQueue[Delivery | None]] = [queue.SimpleQueue() for _ in range(_LANES)]
        self._threads: list[threading.Thread] = []

    def _start(self) -> None:
        """Start the lanes with the first delivery, and again after a close."""
        with self._lock:
            if self._threads:
                return
            self._threads = [
                threading.Thread(target=self._run, args=(lane,), name="line-webhook", daemon=True)
                for lane in self._lanes
            ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop after what is queued."""
        with self._lock:
            timers, self._timers = self._timers, set()
            threads, self._threads = self._threads, []
        for timer in timers:
            timer.cancel()
        for lane in self._lanes[: len(threads)]:
            lane.put(None)
        for thread in threads:
            thread.join(timeout=_DEADLINE * 2)
        self._http.clear()

    def post(self, channel: Channel, events: list[dict[str, Any]]) -> Delivery | None:
        """Queue events as one body; None when the channel has no webhook in use."""
        if not channel.webhook_url or not channel.webhook_active:
            return None
        delivery = self._delivery(channel, events)
        twice = self.duplicate > 0 and bool(events)
        self.duplicate -= twice
        with self._lock:
            if self._held is not None:
                self._held.append(delivery)
                return delivery
        for _ in range(1 + twice):
            self._queue(delivery)
        return delivery

    def post_raw(self, channel: Channel, raw: bytes, *, sign: bool = True) -> Delivery | None:
        """Queue bytes as they are: broken JSON, a bad signature."""
        if not channel.webhook_url:
            return None
        delivery = self._delivery(channel, [])
        delivery.raw, delivery.sign = raw, sign
        self._queue(delivery)
        return delivery

    def hold(self) -> None:
        """Keep what comes, until `release`."""
        with self._lock:
            self._held = self._held or []

    def release(self, *, reverse: bool = False, together: bool = False) -> int:
        """Let go what was held: in order or reversed, each alone or all events in one body."""
        with self._lock:
            held, self._held = self._held or [], None
        if reverse:
            held.reverse()
        if together and held:
            held[0].events = [event for delivery in held for event in delivery.events]
            held = held[:1]
        for delivery in held:
            self._queue(delivery)
        return len(held)

    def listed(self) -> list[Delivery]:
        """The last 2,000 bodies, in order."""
        with self._lock:
            return list(self._deliveries)

    def redeliver(self) -> int:
        """Post again, marked as redelivery, every body that has not been answered with 20x."""
        lost = [each for each in self.listed() if each.attempts and not each.delivered]
        for delivery in lost:
            self._again(delivery)
        return len(lost)

    def wait_idle(self, timeout: float) -> bool:
        """Wait until nothing is queued or on its way; False when the time is over."""
        with self._lock:
            return self._lock.wait_for(lambda: self._busy == 0, timeout)

    def probe(self, channel: Channel, url: str) -> dict[str, Any]:
        """LINE's webhook test: an empty list of events, answered with what came back."""
        delivery = self._delivery(channel, [])
        delivery.url = url
        self._attempt(delivery)
        last = delivery.attempts[-1]
        status = int(last) if last.isdigit() else 0
        reason = "OK" if delivery.delivered else "ERROR_STATUS_CODE" if status else last.upper()
        return {"success": delivery.delivered, "statusCode": status, "reason": reason, "detail": last}

    def _delivery(self, channel: Channel, events: list[dict[str, Any]]) -> Delivery:
        url = channel.webhook_url or ""
        settings = channel.settings
        with self._lock:
            self._numbers += 1
            delivery = Delivery(self._numbers, url, settings.secret, settings.bot_user_id, events)
            self._deliveries.append(delivery)
        return delivery

    def _queue(self, delivery: Delivery) -> None:
        source = next((event.get("source") for event in delivery.events), None) or {}
        lane = zlib.crc32(str(source.get("userId", "")).encode()) % _LANES
        self._start()
        with self._lock:
            self._busy += 1
        self._lanes[lane].put(delivery)

    def _run(self, lane: "queue.SimpleQueue[Delivery | None]") -> None:
        while (delivery := lane.get()) is not None:
            try:
                self._attempt(delivery)
                if not delivery.delivered:
                    self._later(delivery)
            finally:
                with self._lock:
                    self._busy -= 1
                    self._lock.notify_all()

    def _later(self, delivery: Delivery) -> None:
        """Redeliver after the next delay, while there is one."""
        if len(delivery.attempts) > len(self.delays):
            return
        timer = threading.Timer(self.delays[len(delivery.attempts) - 1], self._again, (delivery,))
        timer.daemon = True
        with self._lock:
            self._timers = {each for each in self._timers if each.is_alive()} | {timer}
        timer.start()

    def _again(self, delivery: Delivery) -> None:
        events = copy.deepcopy(delivery.events)
        for event in events:
            event["deliveryContext"] = {"isRedelivery": True}
        delivery.events = events
        self._queue(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        body = delivery.body()
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "LineBotWebhook/2.0",
            "x-line-signature": signature(delivery.secret if delivery.sign else "not the secret", body),
        }
        started = time.monotonic()
        try:
            answer = self._http.request(
                "POST", delivery.url, body=body, headers=headers, timeout=urllib3.Timeout(total=_DEADLINE)
            )
            late = time.monotonic() - started > _DEADLINE
            delivery.attempts.append("request_timeout" if late else str(answer.status))
        except urllib3.exceptions.TimeoutError:
            delivery.attempts.append("request_timeout")
        except urllib3.exceptions.HTTPError:
            delivery.attempts.append("could_not_connect")
