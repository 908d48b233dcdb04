"""How a service is told who asks: HTTP's digest and basic authentication.

https://www.rfc-editor.org/rfc/rfc7616 (digest), https://www.rfc-editor.org/rfc/rfc7617 (basic). The standard library
knows SHA-256, which Shelly's second generation and later ask for, from Python 3.14 on only.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

Login = Tuple[str, str]  # user, password
HASHES: Dict[str, Callable[[bytes], "hashlib._Hash"]] = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}  # best first
HEADER_LETTERS = 1024
# A parameter, with the name of its scheme before the first one of it.
PARAMETER = re.compile(r'(?:([\w-]+)[ \t]+)?([\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True)
class Challenge:
    """What a service asks for. `algorithm` is one of `HASHES`; None: it asks for basic authentication."""

    algorithm: Optional[str] = None
    realm: str = ""
    nonce: str = ""
    opaque: Optional[str] = None
    counts: bool = False  # qop is `auth`: each request has a number


def chosen_challenge(headers: Sequence[str]) -> Optional[Challenge]:
    """The safest of what the `WWW-Authenticate` headers offer; None where nothing of it is known here."""
    offers = [offer for header in headers for offer in _offers(header[:HEADER_LETTERS])]
    digests = [one for one in (_digest(values) for scheme, values in offers if scheme == "digest") if one is not None]
    for name in HASHES:
        for challenge in digests:
            if challenge.algorithm == name:
                return challenge
    return Challenge() if any(scheme == "basic" for scheme, _ in offers) else None


def authorization(challenge: Challenge, login: Login, uri: str, count: int, own_nonce: str) -> str:
    """The `Authorization` header of a GET.

    Args:
        challenge: What the service asks for.
        login: User and password.
        uri: Path and query, as the request has them.
        count: How many requests with the challenge's nonce there were, this one included.
        own_nonce: A random text of the client's.

    """
    if challenge.algorithm is None:
        return "Basic " + base64.b64encode(":".join(login).encode()).decode()
    user, password = login
    number = f"{count:08x}"
    secret = _hashed(challenge.algorithm, user, challenge.realm, password)
    request = _hashed(challenge.algorithm, "GET", uri)
    between = (challenge.nonce, number, own_nonce, "auth") if challenge.counts else (challenge.nonce,)
    texts = {"username": user, "realm": challenge.realm, "nonce": challenge.nonce, "uri": uri}
    texts["response"] = _hashed(challenge.algorithm, secret, *between, request)
    if challenge.opaque is not None:
        texts["opaque"] = challenge.opaque
    words = [f"{name}={_quoted(text)}" for name, text in texts.items()] + [f"algorithm={challenge.algorithm}"]
    if challenge.counts:
        words += ["qop=auth", f"nc={number}", f"cnonce={_quoted(own_nonce)}"]
    return "Digest " + ", ".join(words)


def _offers(header: str) -> List[Tuple[str, Dict[str, str]]]:
    """Each scheme of a header with its parameters, names in small letters."""
    offers: List[Tuple[str, Dict[str, str]]] = []
    for scheme, name, quoted, plain in PARAMETER.findall(header):
        if scheme:
            offers.append((scheme.lower(), {}))
        if offers:
            offers[-1][1][name.lower()] = plain or re.sub(r"\\(.)", r"\1", quoted)
    return offers


def _digest(values: Dict[str, str]) -> Optional[Challenge]:
    algorithm = values.get("algorithm", "MD5").upper()
    ways = [way.strip() for way in values["qop"].split(",")] if "qop" in values else None
    if algorithm not in HASHES or "nonce" not in values or (ways is not None and "auth" not in ways):
        return None
    return Challenge(algorithm, values.get("realm", ""), values["nonce"], values.get("opaque"), ways is not None)


def _hashed(algorithm: str, *parts: str) -> str:
    return HASHES[algorithm](":".join(parts).encode()).hexdigest()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
