"""Services of the network, by the standard library's HTTP.

A connection is kept for the next request where the service leaves it open: a plug is asked once a second. No proxy of
the environment is used, and no redirect followed: a meter that sends elsewhere is another meter.
"""

from __future__ import annotations

import errno
import http.client
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Dict, Optional, Tuple
from urllib.parse import urlsplit

from .digest import Challenge, Login, authorization, chosen_challenge

BODY_BYTES = 256 * 1024
NOT_ALLOWED = 401


@dataclass(frozen=True)
class Asked:
    """One request. `shown` is its address without user, password and query: what errors may say.

    `login`: user and password, for a service that asks for them by digest or basic authentication. `query` is added
    to the path, and is neither shown nor recorded: some services want a password there.
    """

    base: str  # as http://192.168.1.20
    path: str  # with what may be shown of the query
    query: str = field(default="", repr=False)
    headers: Dict[str, str] = field(default_factory=dict, repr=False)
    login: Optional[Login] = field(default=None, repr=False)
    timeout_s: float = 5.0

    @property
    def shown(self) -> str:
        """Host and path."""
        try:
            return f"{address_of(self.base).shown}{self.path}"
        except ValueError:
            return self.path

    @property
    def uri(self) -> str:
        """Path and query, as they are sent."""
        separator = "&" if "?" in self.path else "?"
        return address_of(self.base).path + self.path + (separator + self.query if self.query else "")


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status. `sends_to` is where a redirect leads, without its query."""

    status: int
    body: bytes
    sends_to: str = ""


@dataclass(frozen=True)
class Address:
    """Where a service is. `path` comes before the path of every request, and does not end in `/`."""

    scheme: str
    host: str
    port: Optional[int]
    path: str = ""

    @property
    def shown(self) -> str:
        """As a person writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port is None else f':{self.port}'}{self.path}"


def address_of(base: str) -> Address:
    """The parts of a service's address; ValueError, which repeats nothing of it, where it is none."""
    if not base.isprintable() or " " in base:
        raise ValueError("it holds a blank, or a letter that cannot be shown")
    try:
        parts = urlsplit(base)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("its host or port is none") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("it does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("it holds a user or a password")
    if not host:
        raise ValueError("it names no host")
    if parts.query or parts.fragment:
        raise ValueError("it holds more than a host, a port and a path")
    return Address(parts.scheme, host, port, parts.path.rstrip("/"))


class Services:
    """Asks services of the network, from any thread; a connection that stays open is used again."""

    def __init__(self) -> None:
        self._idle: Dict[Address, _Line] = {}

    def fetch(self, asked: Asked) -> Answer:
        """Ask once. Looking up a host's name takes as long as the system lets it, all else `asked.timeout_s`.

        Raises:
            OSError: Nobody answers, too slowly, too much, or not in HTTP. The text has host and path, and no secret.
        """
        try:
            address = address_of(asked.base)
        except ValueError as problem:
            raise OSError(f"the address of the service: {problem}") from None
        line = self._idle.pop(address, None) or _Line(address)
        try:
            with line.cut_after(asked.timeout_s):
                answer = line.answer(asked)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            line.close()
            raise OSError(f"{asked.shown}: {_reason(problem, line.late, asked.timeout_s)}") from None
        if self._idle.setdefault(address, line) is not line:
            line.close()
        return answer

    def close(self) -> None:
        """End the connections that are open."""
        while self._idle:
            self._idle.popitem()[1].close()


class _Line:
    """A connection to one service, and what that asked of who asks."""

    def __init__(self, address: Address) -> None:
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(address.host, address.port)
        self._socket: Optional[socket.socket] = None
        self._challenge: Optional[Challenge] = None
        self._count = 0
        self.late = False

    @contextmanager
    def cut_after(self, timeout_s: float) -> Iterator[None]:
        """End the connection when the time is over: a service may also answer one byte at a time."""
        watch = threading.Timer(timeout_s, self._cut)
        watch.daemon = True
        self.late, self._connection.timeout = False, timeout_s
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def answer(self, asked: Asked) -> Answer:
        """One answer, after another request where the service wants to know who asks."""
        answer, challenge = self._exchange(asked)
        if answer.status == NOT_ALLOWED and asked.login is not None and challenge is not None:
            self._challenge, self._count = challenge, 0
            answer, _ = self._exchange(asked)
        return answer

    def close(self) -> None:
        """End it; it opens again when it is used."""
        self._connection.close()

    def _cut(self) -> None:
        self.late = True
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # below TLS, which would wait for a farewell

    def _exchange(self, asked: Asked) -> Tuple[Answer, Optional[Challenge]]:
        reused = self._connection.sock is not None
        try:
            return self._once(asked)
        except ConnectionError:
            if not reused or self.late:
                raise
        self.close()  # it was left open, and has been closed since
        return self._once(asked)

    def _once(self, asked: Asked) -> Tuple[Answer, Optional[Challenge]]:
        if self._connection.sock is None:
            self._connection.connect()
        self._socket = self._connection.sock
        self._socket.settimeout(self._connection.timeout)
        if self.late:
            raise socket.timeout
        self._connection.request("GET", asked.uri, headers=self._headers(asked))
        with self._connection.getresponse() as response:
            body = response.read(BODY_BYTES + 1)
            if self.late:  # without a length, what was cut looks whole
                raise socket.timeout
            if len(body) > BODY_BYTES:
                raise OSError(errno.EFBIG, f"an answer of more than {BODY_BYTES} bytes")
            if response.length:
                raise http.client.IncompleteRead(body)
            answer = Answer(response.status, body, _without_query(response.getheader("Location", "")))
            return answer, chosen_challenge(response.headers.get_all("WWW-Authenticate", []))

    def _headers(self, asked: Asked) -> Dict[str, str]:
        if not all(value.isprintable() for value in asked.headers.values()):
            raise ValueError("http.client would let some of these pass")
        if asked.login is None or self._challenge is None:
            return asked.headers
        self._count += 1
        told = authorization(self._challenge, asked.login, asked.uri, self._count, os.urandom(16).hex())
        return {**asked.headers, "Authorization": told}


def _reason(problem: Exception, late: bool, timeout_s: float) -> str:
    """What went wrong. The library's own words are left out where they repeat what was sent."""
    if late or isinstance(problem, socket.timeout):
        return f"no answer within {timeout_s:g} s"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted here: {problem.verify_message}"
    if isinstance(problem, OSError):
        return problem.strerror or str(problem)
    if isinstance(problem, (ValueError, http.client.InvalidURL)):
        return "the address, or a secret that is sent, has a letter that HTTP does not carry"
    return "the answer is cut off" if isinstance(problem, http.client.IncompleteRead) else "the answer is not HTTP"


def _without_query(url: str) -> str:
    return "".join(letter for letter in url.partition("?")[0][:200] if letter.isprintable()).rpartition("@")[2]


_SERVICES = Services()


def fetch(asked: Asked) -> Answer:
    """As `Services.fetch` says, with the connections of this process."""
    return _SERVICES.fetch(asked)
