"""Answers that end: each whole within its time and its size, as it was sent, and from where it was asked for.

What is asked carries the headers that it needs, and no other. openai would add whose account pays (OPENAI_ORG_ID and
OPENAI_PROJECT_ID of the environment) and what this machine is, to a server that need not be OpenAI's.

HTTP libraries bound the wait for the next byte, so a server that sends one every half second is waited for without end;
and they unpack what is compressed, 3 MB into 3 GB. Here one deadline holds for a whole exchange, from the look-up of
the name to the last byte, and answers are asked for uncompressed.

`http` is httpx or its successor httpx2, whichever the installed openai is built on; both have these classes
(https://www.python-httpx.org/advanced/transports/).
"""

from __future__ import annotations

import importlib
import re
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, MutableMapping, Set
from concurrent.futures import Future
from types import ModuleType
from typing import Protocol
from urllib.parse import urlsplit

from configspec import __version__
from configspec.errors import TestbedError, UsageError

MAX_ANSWER_BYTES = 16 << 20  # the scores of a hundred thousand tokens
SENT = frozenset(
    ("host", "connection", "accept", "accept-encoding", "authorization", "content-type", "content-length", "user-agent")
)
# What else a server says in headers reaches nobody: a charset such as `hex` is a traceback, a cookie comes back.
_RETRY_AFTER_S = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")
_LONGEST_LOCATION = 2000


class Stream(Protocol):
    """The bytes of an answer as they come."""

    def __iter__(self) -> Iterator[bytes]:
        """Piece by piece."""

    def close(self) -> None:
        """Give the connection back, or end it where bytes are left."""


class Response(Protocol):
    """An answer of which the head has come."""

    status_code: int
    headers: Mapping[str, str]
    stream: Stream


class Request(Protocol):
    """What is asked, and where."""

    url: object
    headers: MutableMapping[str, str]


class Transport(Protocol):
    """What sends a request and returns the head of the answer."""

    def handle_request(self, request: Request) -> Response:
        """Send one request."""

    def close(self) -> None:
        """Close the connections."""


class BoundedTransport:
    """A transport of `http` whose every answer is here, whole, within `within_s` seconds and `at_most_bytes`."""

    def __init__(
        self, http: ModuleType, inner: Transport, *, within_s: float, at_most_bytes: int, sent: Set[str] = SENT
    ) -> None:
        """Nothing is sent yet. Of a request's headers only those go out that `sent` names."""
        self._http = http
        self._inner = inner
        self._within_s = within_s
        self._at_most_bytes = at_most_bytes
        self._sent = sent

    def handle_request(self, request: Request) -> Response:
        """The whole answer to one request.

        Raises:
            TestbedError: It is too large, or compressed.
            httpx.ReadTimeout: It is not here in time. What is still under way is left to a thread that ends by itself,
                since nothing else ends the look-up of a name, or a head of which a byte comes now and then.
        """
        for name in set(request.headers) - self._sent:
            del request.headers[name]
        request.headers["user-agent"] = f"configspec/{__version__}"
        answer: Future[Response] = Future()
        end_s = time.monotonic() + self._within_s
        threading.Thread(target=self._fetch_into, args=(answer, request, end_s), daemon=True).start()
        try:
            return answer.result(self._within_s)
        except TimeoutError:
            raise self._too_late() from None

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def __enter__(self) -> BoundedTransport:
        """Itself, as httpx wants it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def _fetch_into(self, answer: Future[Response], request: Request, end_s: float) -> None:
        try:
            answer.set_result(self._fetch(request, end_s))
        except BaseException as problem:  # it is raised where the answer is waited for
            answer.set_exception(problem)

    def _fetch(self, request: Request, end_s: float) -> Response:
        response = self._inner.handle_request(request)
        try:
            encoding = response.headers.get("content-encoding", "identity")
            if encoding.strip().lower() not in ("", "identity"):
                raise TestbedError(
                    f"{request.url} answered compressed, as {encoding!r:.40}, and was asked not to. Switch compression "
                    "off there, or in the proxy before it."
                )
            content = self._read(request, response.stream, end_s)
        finally:
            response.stream.close()
        whole: Response = self._http.Response(response.status_code, headers=_kept(response.headers), content=content)
        return whole

    def _read(self, request: Request, stream: Stream, end_s: float) -> bytes:
        content = bytearray()
        for piece in stream:
            content += piece
            if len(content) > self._at_most_bytes:
                raise TestbedError(
                    f"{request.url} answered with more than {self._at_most_bytes:,} bytes, which no answer of a model "
                    "takes. Is that an OpenAI-compatible API?"
                )
            if time.monotonic() > end_s:
                raise self._too_late()
        return bytes(content)

    def _too_late(self) -> Exception:
        late: Exception = self._http.ReadTimeout(f"no whole answer within {self._within_s:g} s")
        return late


def http_library(default_client: type) -> ModuleType:
    """The library that openai's own default client is made of."""
    return importlib.import_module(default_client.__mro__[1].__module__.partition(".")[0])


def open_transport(http: ModuleType, url: str) -> Transport:
    """A transport to the server at `url`, through a proxy where `proxy_for` says so.

    Raises:
        UsageError: The environment names a proxy, or certificates, that cannot be used.
    """
    try:
        transport: Transport = http.HTTPTransport(proxy=proxy_for(url))
    except (ImportError, OSError, ValueError, http.InvalidURL) as problem:  # its text may hold the proxy's password
        raise UsageError(
            f"{url} cannot be asked: the proxy or the certificates that the environment names cannot be used "
            f"({type(problem).__name__}). Look at HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE."
        ) from None
    return transport


def proxy_for(url: str) -> str | None:
    """The environment's proxy for an https server, which sees no more than its name; None for http.

    Through a proxy for http the prompts and the key would go in the clear, to somebody whom devices.yaml does not name.
    """
    host = urlsplit(url).hostname or ""
    if not url.startswith("https://") or urllib.request.proxy_bypass(host):
        return None
    named = urllib.request.getproxies()
    proxy = named.get("https") or named.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    wait_s, location = headers.get("retry-after", "").strip(), headers.get("location", "")
    kept = {"content-type": "application/json; charset=utf-8"}
    if _RETRY_AFTER_S.fullmatch(wait_s):
        kept["retry-after"] = wait_s
    if location and len(location) <= _LONGEST_LOCATION and location.isascii():
        kept["location"] = location
    return kept
