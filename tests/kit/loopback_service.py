"""A real HTTP server on the loopback, whose answers a test writes down."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Service:
    """What a server was asked, and how often it was connected to."""

    url: str
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # path with query, headers
    connections: int = 0


Reply = Callable[[BaseHTTPRequestHandler], None]


def send(
    to: BaseHTTPRequestHandler, body: bytes | str, status: int = 200, headers: dict[str, str] | None = None
) -> None:
    """One whole answer."""
    data = body if isinstance(body, bytes) else body.encode()
    to.send_response(status)
    for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
        to.send_header(name, value)
    to.end_headers()
    to.wfile.write(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is no news."""


class _Server6(_Server):
    address_family = socket.AF_INET6


@contextmanager
def serving(reply: Reply, *, protocol: str = "HTTP/1.1", host: str = "127.0.0.1") -> Iterator[Service]:
    """A server that answers each GET by `reply`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = protocol
        wbufsize = 64 * 1024  # head and body in one piece, which is not held back

        def setup(self) -> None:
            super().setup()
            service.connections += 1

        def do_GET(self) -> None:
            service.requests.append((self.path, dict(self.headers)))
            reply(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = (_Server6 if ":" in host else _Server)((host, 0), Handler)
    service = Service(f"http://{f'[{host}]' if ':' in host else host}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
