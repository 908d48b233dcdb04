"""Requests to an OpenAI-compatible server, by the `openai` client: its retries, back-off, `Retry-After`, timeouts.

The one module that imports openai, and only when a server is asked. The key goes into a header and nowhere else.
Retried are lost connections, timeouts, 408, 409, 429 and 5xx (https://github.com/openai/openai-python#retries).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from configspec.errors import TestbedError, UsageError
from configspec.testbed.family_spec import ServerSpec

EXTRA = "pip install 'configspec[server]'"
_QUOTED = 300  # characters of an answer that a message shows


JsonObject: TypeAlias = dict[str, Any]


class RefusedError(UsageError):
    """The server understood a request and refuses it (4xx)."""


class FailedError(TestbedError):
    """The server failed at a request (5xx)."""


class ServerClient:
    """One server. Every answer is a JSON object, or an error that says what to do."""

    def __init__(self, spec: ServerSpec) -> None:
        """Nothing is sent yet.

        Raises:
            UsageError: openai is not installed, or the URL is none.
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
        # Stripped: a file's newline is no part of a key, and a header that holds one is shown in the library's error.
        self._key = os.environ.get(spec.api_key_env, "").strip() or None
        # The client wants a key; a server that wants none does not look at it.
        self._client = openai.OpenAI(
            base_url=self.url, api_key=self._key or "none", timeout=spec.timeout_s, max_retries=spec.retries
        )

    def get(self, path: str) -> JsonObject:
        """The answer to a GET below the URL."""
        return self._ask(path, lambda: self._client.get(path, cast_to=object), self._spec.retries)

    def post(self, path: str, body: Mapping[str, object], *, retries: int | None = None) -> JsonObject:
        """The answer to a POST: below the URL, or beside its /v1 where the path begins with `../`."""
        at = self.url.removesuffix("/v1") + path[2:] if path.startswith("../") else path
        times = self._spec.retries if retries is None else min(retries, self._spec.retries)
        return self._ask(
            path, lambda: self._client.post(at, cast_to=object, body=body, options={"max_retries": times}), times
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, path: str, send: Callable[[], object], retries: int) -> JsonObject:
        where = f"{self.url} (asked for {path})"
        tries = f" {retries + 1} times" if retries else ""
        try:
            answer = send()
        except self._openai.APITimeoutError as error:
            raise TestbedError(
                f"{where} gave no answer within {self._spec.timeout_s:g} s{tries}. Is the server overloaded or stuck? "
                "`timeout_s` of the target sets how long to wait."
            ) from error
        except self._openai.APIConnectionError as error:
            cause = error.__cause__ or error
            raise TestbedError(
                f"{where} could not be reached, or closed the connection{tries}: {self._quote(cause)}. "
                "Is the server running there, and is the URL right?"
            ) from error
        except self._openai.APIStatusError as error:
            raise self._for_people(where, error, retries) from error
        except ValueError as error:
            raise TestbedError(
                f"{where} answered with broken JSON: {self._quote(error)}. Is that an OpenAI-compatible API?"
            ) from error
        if not isinstance(answer, dict):
            raise TestbedError(
                f"{where} answered with something other than a JSON object: {self._quote(answer)}. "
                "Is that an OpenAI-compatible API?"
            )
        return answer

    def _for_people(self, where: str, error: Any, retries: int) -> UsageError | TestbedError:
        status, variable = error.status_code, self._spec.api_key_env
        if status in (401, 403):  # what it says may hold the key: not shown
            if self._key is None:
                return UsageError(
                    f"{where} wants a key (status {status}). Put it into the environment variable {variable}, "
                    "or name another variable as `api_key_env`."
                )
            return UsageError(f"{where} does not accept the key in {variable} (status {status}).")
        said = self._quote(error.response.text)
        if status == 429:
            return TestbedError(f"{where} limits the rate of requests, still after {retries} retries: {said}")
        if status >= 500:
            return FailedError(f"{where} failed with status {status}: {said}. Its log may say why.")
        return RefusedError(f"{where} answered with status {status}: {said}")

    def _quote(self, said: object) -> str:
        text = " ".join(str(said).split()) or "nothing"
        if self._key:
            text = text.replace(self._key, "(the key)")
        return text if len(text) <= _QUOTED else text[:_QUOTED] + "..."
