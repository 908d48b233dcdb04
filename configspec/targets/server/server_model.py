"""One model of a server: completions of token ids, and what the server can do, found out by asking.

n        tokens of a prompt
scores   what the model would say after each token of the prompt: completions with `echo` and log-probabilities
late     llama-cpp-python puts a token's scores beside the token before it, where no begin-of-text begins the prompt
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from configspec.errors import TestbedError, UsageError, did_you_mean
from configspec.printable import printable
from configspec.targets.prompt_source import prompt_ids
from configspec.targets.server.server_answer import Answer, Row, read_answer, read_form
from configspec.targets.server.server_client import FailedError, RefusedError, ServerClient
from configspec.targets.server.server_text import TextIds
from configspec.targets.server.server_tokenizer import Tokenizer
from configspec.testbed.family_spec import ServerSpec
from configspec.theory.decoding import Decoding

# Servers take what is not said from the model's generation_config.json, or from their own defaults: all is said.
_NEUTRAL = {
    "min_p": 0.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repetition_penalty": 1.0,  # vLLM's name
    "repeat_penalty": 1.0,  # llama.cpp's
    "return_tokens_as_token_ids": True,  # vLLM; others leave it aside
}
_PROBE = "def add(a, b):\n    return a"
_PROBE_TOKENS = 4
_SAME = 0.1  # between log-probabilities of one token, computed in another batch
_BEGINS = 1  # token of an answer that its counts may leave out: what begins a text
MAX_CONTEXT = 1_000_000_000
MAX_MODELS = 10_000
GREEDY = Decoding()


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a server can do. What it lacks is a reason, None where nothing is lacking."""

    takes_ids: bool
    gives_ids: bool
    no_logprobs: str | None
    no_scores: str | None
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """At most `new_tokens` tokens after a prompt of `length` tokens; with `echo` the prompt's own before them."""

    prompt: list[int] | str
    length: int
    new_tokens: int = 1
    decoding: Decoding = GREEDY
    seed: int = 0
    logprobs: int | None = None
    echo: bool = False


class _Listed(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    max_model_len: Annotated[int, msgspec.Meta(ge=1, le=MAX_CONTEXT)] | None = None  # vLLM's


class _Models(msgspec.Struct):
    data: Annotated[list[_Listed], msgspec.Meta(max_length=MAX_MODELS)] | None = None


class ServerModel:
    """Completions of one model. `context` is None where the server does not say."""

    def __init__(self, client: ServerClient, spec: ServerSpec, tokenizer: Callable[[], Tokenizer]) -> None:
        """Look the model up, then ask for short completions; the tokenizer is made in between.

        Raises:
            UsageError: The server does not have the model, or completes nothing.
            TestbedError: It cannot be reached, or does not behave.
        """
        self.url = client.url
        self._client = client
        self._model = spec.model
        self.context = self._look_up()
        self.tokenizer = tokenizer()
        self.text_ids = TextIds(self.tokenizer, self.url)
        self.can = Abilities(takes_ids=True, gives_ids=False, no_logprobs=None, no_scores=None, late=False)
        self.can = self._probe()

    def prompt_of(self, ids: Sequence[int]) -> list[int] | str:
        """What is sent for `ids`: themselves, or their text where the server takes only that."""
        return list(ids) if self.can.takes_ids else self.text_ids.text_of(ids)

    def sendable(self, ids: Sequence[int], least: int) -> int:
        """How many of `ids` can be sent, at least `least`: all, or as far as their text tokenises back."""
        return len(ids) if self.can.takes_ids else self.text_ids.longest(ids, least)

    def complete(self, asked: CompletionRequest, *, retries: int | None = None) -> Answer:
        """What the model writes; `retries` None: as often as the spec says."""
        body: dict[str, object] = {
            "model": self._model,
            "prompt": asked.prompt,
            "max_tokens": asked.new_tokens,
            "temperature": asked.decoding.temperature,
            "top_p": asked.decoding.top_p,
            "top_k": asked.decoding.top_k,
            "seed": asked.seed % 2**31,
            **_NEUTRAL,
        }
        if asked.logprobs is not None:
            body["logprobs"] = asked.logprobs
        if asked.echo:
            body["echo"] = True
        answer = read_answer(self._client.post("/completions", body, retries=retries), self.url)
        if answer.prompt_tokens != asked.length:
            raise UsageError(
                f"{self.url} read {answer.prompt_tokens} tokens where the tokenizer makes {asked.length}: another "
                "tokenizer, or another rule for what begins a text. Name the model's own as `tokenizer`."
            )
        most = asked.new_tokens + (asked.length if asked.echo else 0) + _BEGINS
        if answer.completion_tokens > asked.new_tokens or len(answer.rows or ()) > most:
            raise TestbedError(
                f"{self.url} wrote {answer.completion_tokens} tokens and reported {len(answer.rows or ())}, where at "
                f"most {asked.new_tokens} were asked for after a prompt of {asked.length}."
            )
        self._check_known(answer)
        return answer

    def scores(self, prompt: list[int] | str, length: int, *, retries: int | None = None) -> Answer:
        """The scores of a prompt's own tokens, and the one token that follows it."""
        asked = CompletionRequest(prompt=prompt, length=length, logprobs=1, echo=True)
        return self.complete(asked, retries=retries)

    def _check_known(self, answer: Answer) -> None:
        """A token that is not the tokenizer's would be blamed on the draft's device later."""
        size = self.tokenizer.size
        for row in answer.rows or ():
            for token in (row.token, *(name for name, _ in row.top[:1])):
                if size is not None and isinstance(token, int) and token >= size:
                    raise TestbedError(
                        f"{self.url} gave token {token}, and the tokenizer has ids below {size}: another model's. "
                        "Name the model's own as `tokenizer`."
                    )

    def _look_up(self) -> int | None:
        """The model's context, if the server says."""
        try:
            listed = read_form(self._client.get("/models"), _Models, "the list of its models", self.url)
        except RefusedError:
            return None  # some servers have no list
        known = {one.id: one.max_model_len for one in listed.data or () if one.id is not None}
        if known and self._model not in known:
            near = did_you_mean(self._model, [printable(name, at_most=100) for name in known])
            raise UsageError(f"{self.url} has no model {self._model!r}. {near}")
        return known.get(self._model)

    def _probe(self) -> Abilities:
        ids = prompt_ids(self.tokenizer, _PROBE, "text")
        takes_ids = self._takes_ids(ids)
        prompt = list(ids) if takes_ids else _PROBE
        asked = CompletionRequest(prompt=prompt, length=len(ids), new_tokens=_PROBE_TOKENS, logprobs=2)
        try:
            rows = self.complete(asked, retries=1).rows
            lack = None if rows else f"{self.url} gave none with a completion."
        except (RefusedError, FailedError) as error:
            rows, lack = None, str(error)
        if not rows:
            return Abilities(takes_ids=takes_ids, gives_ids=False, no_logprobs=lack, no_scores=lack, late=False)
        gives_ids = all(isinstance(row.token, int) for row in rows)
        no_scores, late = self._probe_scores(ids, rows, as_ids=takes_ids and gives_ids)
        return Abilities(takes_ids=takes_ids, gives_ids=gives_ids, no_logprobs=None, no_scores=no_scores, late=late)

    def _takes_ids(self, ids: Sequence[int]) -> bool:
        try:
            self.complete(CompletionRequest(prompt=list(ids), length=len(ids)), retries=1)
        except (UsageError, FailedError):  # the reason may be another one; then text meets it too
            self.complete(CompletionRequest(prompt=_PROBE, length=len(ids)))
            return False
        return True

    def _probe_scores(self, ids: Sequence[int], written: Sequence[Row], *, as_ids: bool) -> tuple[str | None, bool]:
        """Why scores cannot be had, and whether they come late: those of a text that the model has just written."""
        prompt: list[int] | str
        if as_ids:
            prompt = [*ids, *(int(row.token) for row in written)]
            length = len(prompt)
        else:
            prompt = _PROBE + "".join(str(row.token) for row in written)
            length = len(prompt_ids(self.tokenizer, prompt, "text"))
            written = written[: length - len(ids)]
        try:
            scored = self.scores(prompt, length, retries=1)
        except (RefusedError, FailedError) as error:
            return str(error), False
        for late in (False, True):
            fits = [
                _same(row_after(scored, length, len(ids) + place - 1, late=late), wrote, beside=not late)
                for place, wrote in enumerate(written)
            ]
            if sum(fits) >= max(1, len(written) - 1):  # one near tie may fall otherwise
                return None, late
        return f"{self.url} gave no scores for a prompt, or not those of when it wrote the same tokens.", False


def row_after(scored: Answer, length: int, place: int, *, late: bool) -> Row | None:
    """The row that says what follows token `place` of a prompt of `length` tokens; None where there is none.

    Rows are counted from the end: some servers leave out what begins the text.
    """
    rows = scored.rows or ()
    index = len(rows) - length + place + (0 if late else 1 - scored.completion_tokens)
    return rows[index] if 0 <= index < len(rows) else None


def _same(row: Row | None, written: Row, *, beside: bool) -> bool:
    """Whether a row's scores are those of a token that was written; `beside`: it must be that token's own row."""
    if row is None or not row.top or written.logprob is None or (beside and row.token != written.token):
        return False
    name, logprob = row.top[0]
    return name == written.token and abs(logprob - written.logprob) < _SAME
