"""A TCP link that falls silent without closing, as a pulled cable does."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path


class Forwarder:
    """Passes a TCP port on to another, until it is frozen: then nothing passes, and nobody is told."""

    def __init__(self, to_port: int) -> None:
        self.config = Path()
        self._to_port = to_port
        self._frozen = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])

    def __enter__(self) -> Forwarder:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._frozen.set()
        for one in (self._listening, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def freeze(self) -> None:
        """Drop all that comes, for all connections that there are."""
        self._frozen.set()

    def thaw(self) -> None:
        """Let new connections through; those that were frozen stay so."""
        self._frozen = threading.Event()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listening.accept()
                self._sockets.append(near)
                if self._frozen.is_set():
                    continue
                far = socket.create_connection(("127.0.0.1", self._to_port))
                self._sockets.append(far)
                for come, go in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(come, go, self._frozen), daemon=True).start()


def _pass_on(come: socket.socket, go: socket.socket, frozen: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while piece := come.recv(65536):
            if not frozen.is_set():
                go.sendall(piece)
        if not frozen.is_set():
            go.shutdown(socket.SHUT_WR)
