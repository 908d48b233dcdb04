"""Services of the network, by the standard library's HTTP."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Dict, Optional, Tuple
from urllib.parse import urlsplit

BODY_BYTES = 256 * 1024


@dataclass(frozen=True)
class Asked:
    """One request. `shown` is its address without user, password and query: what errors may say.

    `digest`: user and password, for a service that asks for them by digest or basic authentication. `query` is added
    to the path, and is neither shown nor recorded: some services want a password there.
    """

    base: str  # as http://192.168.1.20
    path: str  # with what may be shown of the query
    query: str = ""
    headers: Dict[str, str] = field(default_factory=dict, repr=False)
    login: Optional[Tuple[str, str]] = field(default=None, repr=False)
    timeout_s: float = 5.0

    @property
    def shown(self) -> str:
        """Host and path."""
        parts = urlsplit(self.base)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}{self.path}"


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    body: bytes


def fetch(asked: Asked) -> Answer:
    """Ask once. A redirect is an answer, and is not followed: a meter that sends elsewhere is another meter.

    Raises:
        OSError: Nobody answers, too slowly, too much, or not in HTTP.
    """
    separator = "&" if "?" in asked.path else "?"
    url = asked.base.rstrip("/") + asked.path + (separator + asked.query if asked.query else "")
    handlers: list[urllib.request.BaseHandler] = [_Stay(), urllib.request.ProxyHandler({})]
    if asked.login is not None:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, asked.base, *asked.login)
        handlers += [urllib.request.HTTPDigestAuthHandler(passwords), urllib.request.HTTPBasicAuthHandler(passwords)]
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(urllib.request.Request(url, headers=asked.headers), timeout=asked.timeout_s) as answer:
            return Answer(answer.status, _body(answer))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _body(error))
    except urllib.error.URLError as error:
        raise OSError(f"{asked.shown}: {error.reason}") from None
    except (http.client.HTTPException, ValueError, TimeoutError) as error:
        raise OSError(f"{asked.shown}: {error or 'no answer in time'}") from None


def _body(answer: http.client.HTTPResponse | urllib.error.HTTPError) -> bytes:
    body = answer.read(BODY_BYTES + 1)
    if len(body) > BODY_BYTES:
        raise OSError(f"an answer of more than {BODY_BYTES} bytes")
    return body


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None
