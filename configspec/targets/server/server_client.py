"""Requests to an OpenAI-compatible server, by the `openai` client: its retries, back-off, `Retry-After`, timeouts.

The one module that imports openai, and only when a server is asked. The key goes into a header and nowhere else, and no
request goes anywhere but to the server: redirects are not followed. Retried are lost connections, timeouts, 408, 409,
429 and 5xx (https://github.com/openai/openai-python#retries).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from configspec.errors import TestbedError, UsageError
from configspec.printable import printable
from configspec.targets.server.server_transport import (
    MAX_ANSWER_BYTES,
    SENT,
    BoundedTransport,
    http_library,
    open_transport,
)
from configspec.testbed.family_spec import ServerSpec
from configspec.untrusted import NotJson, parse_json

EXTRA = "pip install 'configspec[server]'"
_QUOTED = 300  # characters of an answer that a message shows


class RefusedError(UsageError):
    """The server understood a request and refuses it (4xx)."""


class FailedError(TestbedError):
    """The server failed at a request (5xx)."""


class ServerClient:
    """One server. Every answer is a JSON object, or an error that says what to do."""

    def __init__(self, spec: ServerSpec, *, at_most_bytes: int = MAX_ANSWER_BYTES) -> None:
        """Nothing is sent yet.

        Raises:
            UsageError: openai is not installed, the URL is none, or key, proxy or certificates cannot be used.
        """
        try:
            import openai
        except ImportError as error:
            raise UsageError(f"A target behind a server needs the openai package ({error}): {EXTRA}") from None
        self._openai = openai
        self._spec = spec
        self.url = spec.url.rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise UsageError(f"The target's URL {spec.url!r} must begin with http:// or https:// and end with /v1.")
        self._key = _key(spec.api_key_env)
        http = http_library(openai.DefaultHttpxClient)
        transport = BoundedTransport(
            http,
            open_transport(http, self.url),
            within_s=spec.timeout_s,
            at_most_bytes=at_most_bytes,
            sent=SENT if self._key else SENT - {"authorization"},
        )
        self._client = openai.OpenAI(
            base_url=self.url,
            api_key=self._key or "none",  # the client wants one, and the transport leaves it out
            timeout=spec.timeout_s,
            max_retries=spec.retries,
            default_headers={"Accept-Encoding": "identity"},
            http_client=openai.DefaultHttpxClient(transport=transport, follow_redirects=False, trust_env=False),
        )

    def get(self, path: str) -> dict[str, object]:
        """The answer to a GET: below the URL, or beside its /v1 where the path begins with `../`."""
        return self._ask(path, lambda: self._client.get(self._at(path), cast_to=bytes), self._spec.retries)

    def post(self, path: str, body: Mapping[str, object], *, retries: int | None = None) -> dict[str, object]:
        """The answer to a POST: below the URL, or beside its /v1 where the path begins with `../`."""
        at = self._at(path)
        times = self._spec.retries if retries is None else min(retries, self._spec.retries)
        return self._ask(
            path, lambda: self._client.post(at, cast_to=bytes, body=body, options={"max_retries": times}), times
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _at(self, path: str) -> str:
        return self.url.removesuffix("/v1") + path[2:] if path.startswith("../") else path

    def _ask(self, path: str, send: Callable[[], bytes], retries: int) -> dict[str, object]:
        where = f"{self.url} (asked for {path})"
        content = self._content(where, send, retries)
        try:
            answer = parse_json(content, unique_keys=True)  # of two tokens with one text, one would be lost
            wrong = None if isinstance(answer, dict) else "something other than a JSON object"
        except NotJson as problem:
            wrong = f"broken JSON ({problem})"
        if wrong is not None:
            said = self._quote(content[: 4 * _QUOTED].decode("utf-8", "replace"))
            raise TestbedError(f"{where} answered with {wrong}: {said}. Is that an OpenAI-compatible API?")
        assert isinstance(answer, dict)
        return answer

    def _content(self, where: str, send: Callable[[], bytes], retries: int) -> bytes:
        tries = f" {retries + 1} times" if retries else ""
        try:
            return send()
        except self._openai.APITimeoutError as error:
            raise TestbedError(
                f"{where} gave no whole answer within {self._spec.timeout_s:g} s{tries}. Is the server overloaded or "
                "stuck? `timeout_s` of the target sets how long to wait."
            ) from error
        except self._openai.APIConnectionError as error:
            cause = error.__cause__ or error
            if isinstance(cause, TestbedError):  # of our transport; openai before 3 wraps it
                raise cause from None
            raise TestbedError(
                f"{where} could not be reached, or closed the connection{tries}: {self._quote(cause)}. "
                "Is the server running there, and is the URL right?"
            ) from error
        except self._openai.APIStatusError as error:
            raise self._for_people(where, error, retries) from error

    def _for_people(self, where: str, error: Any, retries: int) -> UsageError | TestbedError:
        status, variable = error.status_code, self._spec.api_key_env
        if status in (401, 403):  # what it says may hold the key: not shown
            if self._key is None:
                return UsageError(
                    f"{where} wants a key (status {status}). Put it into the environment variable {variable}, "
                    "or name another variable as `api_key_env`."
                )
            return UsageError(f"{where} does not accept the key in {variable} (status {status}).")
        if 300 <= status < 400:
            place = re.sub(r"(?<=//).*@|[?#].*", "", error.response.headers.get("location", "another place"))
            return UsageError(
                f"{where} sends the request elsewhere (status {status}, to {self._quote(place)}), which is not "
                "followed: prompts and key would go there. If that is the server, name it as `openai`."
            )
        said = self._quote(error.response.content.decode("utf-8", "replace"))
        if status == 429:
            return TestbedError(f"{where} limits the rate of requests, still after {retries} retries: {said}")
        if status >= 500:
            return FailedError(f"{where} failed with status {status}: {said}. Its log may say why.")
        return RefusedError(f"{where} answered with status {status}: {said}")

    def _quote(self, said: object) -> str:
        text = " ".join(str(said).split()) or "nothing"
        if self._key:
            text = text.replace(self._key, "(the key)")
        return printable(text, at_most=_QUOTED)


def _key(variable: str) -> str | None:
    """The key, if there is one; stripped, since a file's newline is no part of it."""
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):  # the library would show the header in its error
        raise UsageError(f"The key in {variable} holds a sign that cannot stand in a request. Put the key alone there.")
    return key or None
