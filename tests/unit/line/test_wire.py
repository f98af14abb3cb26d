"""HTTP to LINE: header and body leave in one write."""

import socket
import threading

from govline.line.bulk import BulkClient


def test_header_and_body_leave_together():
    first = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                for _ in range(2):
                    first.append(connection.recv(1 << 20))
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

        thread = threading.Thread(target=serve)
        thread.start()
        client = BulkClient(lambda: "t", f"http://127.0.0.1:{server.getsockname()[1]}")
        answers = [client.post("multicast", b'{"to":["a"]}', retry_key="k") for _ in range(2)]
        client.close()
        thread.join()
    assert [answer.status for answer in answers] == [200, 200]
    assert all(sent.endswith(b'\r\n\r\n{"to":["a"]}') for sent in first)
