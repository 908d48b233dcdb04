"""A target behind an OpenAI-compatible server: vLLM, llama-server, llama-cpp-python's own, and others.

Its texts are completions with log-probabilities. It verifies by scoring a prompt: the text with the drafted tokens goes
out, and what comes back holds the likeliest token after each. The server keeps its own cache, or does not.
"""

from __future__ import annotations

import string
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from configspec.errors import TestbedError, UsageError
from configspec.targets.prompt_source import PromptSource, prompt_ids
from configspec.targets.server.server_answer import Answer, Row
from configspec.targets.server.server_client import ServerClient
from configspec.targets.server.server_model import GREEDY, CompletionRequest, ServerModel, row_after
from configspec.targets.server.server_source import ServerSource, tokenizer_of
from configspec.targets.target import Continuation
from configspec.testbed.family_spec import HubSpec, ServerSpec, TargetSpec
from configspec.theory.decoding import Decoding

NO_TOKEN = -1  # follows the first disagreement, where nobody looks, for what a server's text does not say


class ServerVariant:
    """A model behind an OpenAI-compatible server."""

    source = "openai"

    def declares(self, spec: TargetSpec) -> bool:
        """See the protocol."""
        return spec.server is not None

    def open(self, spec: TargetSpec) -> ServerTarget:
        """See the protocol."""
        assert spec.server is not None
        return ServerTarget(spec.server)

    def prompts(self, spec: TargetSpec) -> PromptSource:
        """See the protocol; the server is asked."""
        assert spec.server is not None
        return ServerSource(spec.server)

    def runtime(self, spec: TargetSpec) -> str:
        """What computes the target, as far as one can know from here; asks nobody."""
        assert spec.server is not None
        return _runtime(spec.server)

    def sha256(self, spec: TargetSpec) -> str | None:
        """None: a server's files cannot be seen."""
        return None


def _runtime(spec: ServerSpec) -> str:
    return f"OpenAI-compatible server at {spec.url}"


class ServerTarget:
    """One model of one server, probed when it is made."""

    def __init__(self, spec: ServerSpec) -> None:
        """Find out whether the model is there, and what the server can do.

        Raises:
            UsageError: openai is not installed, the key or the model is wrong, or the server lacks what all need.
            TestbedError: The server cannot be reached, or does not behave.
        """
        assert not isinstance(spec.tokenizer, HubSpec), "a hub entry is resolved before a target is opened"
        self.name = f"{spec.model} at {spec.url}"
        self.runtime = _runtime(spec)
        self._client = ServerClient(spec)
        self._server = ServerModel(self._client, spec, lambda: tokenizer_of(spec, self._client))
        self.context = self._server.context
        self.end_tokens = self._server.tokenizer.ends
        self._text: list[int] = []
        self._scales: bool | None = None
        self._passes = 0

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The ids of a plain prompt; see the protocol."""
        return prompt_ids(self._server.tokenizer, text, "text")

    def prefill(self, tokens: Sequence[int]) -> None:
        """Start a new text of `tokens`; may be empty. Nothing is sent."""
        self._text = list(tokens)

    def verify(self, tokens: Sequence[int]) -> list[int]:
        """Add `tokens` to the text; returns the arg-max after each of them, len(tokens) ids, from one request."""
        if self._server.can.no_scores is not None:
            raise UsageError(
                f"The target {self.name} cannot verify: that needs a prompt's own log-probabilities (`echo` with "
                f"`logprobs`), which the server lacks. {self._server.can.no_scores}"
            )
        first = len(self._text)
        self._text += tokens
        if not tokens:
            return []
        # A drafted token may not go with the text before it. Only its own disagreement then has to be seen.
        sent = self._text[: self._server.sendable(self._text, first + 1)]
        scored = self._server.scores(self._server.prompt_of(sent), len(sent))
        self._check_echo(scored, sent, first)
        chosen: list[int] = []
        agreed = True
        for place in range(first, len(self._text)):
            token = self._token_after(scored, sent, place) if place < len(sent) else None
            if token is None and agreed:
                raise self._not_a_token(place)
            chosen.append(NO_TOKEN if token is None else token)
            agreed = agreed and place + 1 < len(self._text) and self._text[place + 1] == token
        return chosen

    def distributions(self, tokens: Sequence[int], decoding: Decoding) -> NDArray[np.float64]:
        """Not available from a server.

        Raises:
            UsageError: Always.
        """
        raise UsageError(
            f"The target {self.name} gives no whole distributions: servers give a few of the likeliest tokens. Sampled "
            "acceptance can still be predicted from its texts (`continue_text`); to run it, take the model itself, as "
            "`transformers` or `gguf`, or decode greedily."
        )

    def keep(self, length: int) -> None:
        """Cut the text to its first `length` tokens."""
        del self._text[length:]

    def continue_text(self, prompt: Sequence[int], new_tokens: int, decoding: Decoding, *, seed: int) -> Continuation:
        """The target's own text after a prompt; see the protocol."""
        if self._server.can.no_logprobs is not None:
            raise UsageError(
                f"The target {self.name} cannot be traced: that needs completions with log-probabilities, which the "
                f"server lacks. {self._server.can.no_logprobs}"
            )
        self._check_logprobs_are_of(decoding)
        self._text = list(prompt)
        answer = self._server.complete(
            CompletionRequest(
                prompt=self._server.prompt_of(prompt),
                length=len(prompt),
                new_tokens=new_tokens,
                decoding=decoding,
                seed=seed,
                logprobs=2,
            )
        )
        rows = answer.rows or ()
        if len(rows) != answer.completion_tokens:
            raise TestbedError(
                f"{self.name} wrote {answer.completion_tokens} tokens and reported {len(rows)}. llama-server leaves "
                "out the beginnings of a character that takes several tokens; vLLM does not."
            )
        tokens = self._ids(prompt, rows)
        logprobs = [0.0 if decoding.greedy else row.logprob for row in rows]
        gaps = self._gaps(rows, decoding)
        if answer.stopped and (not tokens or tokens[-1] not in self.end_tokens):
            tokens = (*tokens, self._untold_end(decoding))
            logprobs.append(0.0)
            gaps = None
        if not tokens:
            raise TestbedError(
                f"{self.name} wrote nothing after a prompt of {len(prompt)} tokens, and {new_tokens} were asked for. "
                "Ask it for a completion by hand: its log may say why."
            )
        if None in logprobs:
            raise TestbedError(f"{self.name} gave a token without its log-probability.")
        self._text += tokens
        return Continuation(tokens=tokens, logprobs=tuple(float(one or 0.0) for one in logprobs), gaps=gaps)

    def pass_s(self, *, context: int, tokens: int, requests: int) -> float:
        """Seconds until `requests` texts are scored that are sent together, the way there and back included.

        The server has read their first `context` tokens before; whether it makes use of that is its business.
        """
        self._text = []
        texts = [self._filler(context, tokens, request) for request in range(requests)]
        for ids in texts:
            if context:
                self._server.complete(CompletionRequest(prompt=self._server.prompt_of(ids[:context]), length=context))
        prompts = [(self._server.prompt_of(ids), len(ids)) for ids in texts]
        with ThreadPoolExecutor(max_workers=requests) as together:
            begin_s = time.monotonic()
            for sent in [together.submit(self._server.scores, prompt, length) for prompt, length in prompts]:
                sent.result()
            return time.monotonic() - begin_s

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _check_echo(self, scored: Answer, sent: Sequence[int], first: int) -> None:
        """The prompt that was scored is the one that was sent, as far as the tokens to verify go."""
        can = self._server.can
        for place in range(max(first, 1), len(sent)):
            row = row_after(scored, len(sent), place if can.late else place - 1, late=can.late)
            wanted = sent[place] if can.gives_ids else self._server.text_ids.piece(sent[place])
            if row is None or row.token != wanted:
                found = "nothing" if row is None else repr(row.token)
                raise TestbedError(
                    f"{self.name} scored another prompt than was sent: at token {place} {found:.60} instead of "
                    f"{wanted!r:.60}."
                )

    def _token_after(self, scored: Answer, sent: Sequence[int], place: int) -> int | None:
        """The likeliest token after token `place`; None where the text that the server gives for it is no one token."""
        can, length = self._server.can, len(sent)
        row = row_after(scored, length, place, late=can.late)
        if row is None and scored.stopped and place == length - 1 and len(self.end_tokens) == 1:
            return min(self.end_tokens)  # the model ended the text, which llama-cpp-python does not show
        if row is None or not row.top:
            raise TestbedError(f"{self.name} did not give the likeliest token after token {place} of {length}.")
        named = row.top[0][0]
        if isinstance(named, int):
            return named
        if place + 1 < length and named == self._server.text_ids.piece(sent[place + 1]):
            return sent[place + 1]
        return self._server.text_ids.id_after(sent[: place + 1], named)

    def _not_a_token(self, place: int) -> UsageError:
        return UsageError(
            f"{self.name} speaks text only, and what follows token {place} of {len(self._text)} does not tokenise to "
            "one token there. A server that speaks token ids (vLLM) has no such limit."
        )

    def _ids(self, prompt: Sequence[int], rows: Sequence[Row]) -> tuple[int, ...]:
        if self._server.can.gives_ids:
            ids = tuple(row.token for row in rows if isinstance(row.token, int))
            if len(ids) < len(rows):
                raise TestbedError(f"{self.name} gave ids for tokens when it was opened, and now gives texts.")
            return ids
        return self._server.text_ids.ids_of(prompt, [str(row.token) for row in rows])

    def _untold_end(self, decoding: Decoding) -> int:
        """The end token that the server left out."""
        if len(self.end_tokens) != 1 or self._server.can.gives_ids:
            known = ", ".join(map(str, sorted(self.end_tokens))) or "none"
            raise UsageError(
                f"{self.name} ended a text, with a token that is not known to end one (known: {known}). Name the "
                "folder with the model's tokenizer.json and generation_config.json as `tokenizer`."
            )
        if not decoding.greedy:
            raise UsageError(f"{self.name} does not give the log-probability of the token that ended a sampled text.")
        return min(self.end_tokens)

    def _gaps(self, rows: Sequence[Row], decoding: Decoding) -> tuple[float, ...] | None:
        if any(len(row.top) < 2 for row in rows):
            return None
        unit = decoding.temperature if self._scales and not decoding.greedy else 1.0
        return tuple((row.top[0][1] - row.top[1][1]) * unit for row in rows)

    def _check_logprobs_are_of(self, decoding: Decoding) -> None:
        """Log-probabilities are needed after temperature and truncation; many servers give them before."""
        plain = decoding.temperature == 1 and decoding.top_k == 0 and decoding.top_p == 1
        if decoding.greedy or plain or self._gives_scaled():
            return
        raise UsageError(
            f"{self.name} gives log-probabilities before temperature, top-k and top-p. Sample at temperature 1 without "
            "top-k and top-p, or start vLLM with `--logprobs-mode processed_logprobs`."
        )

    def _gives_scaled(self) -> bool:
        """Whether log-probabilities are after temperature: halving it doubles the gap between the best two."""
        if self._scales is None:
            ids = self.tokenize("a")
            gaps: list[float] = []
            for temperature in (1.0, 0.5):
                warm = Decoding(temperature=temperature)
                prompt = self._server.prompt_of(ids)
                asked = CompletionRequest(prompt=prompt, length=len(ids), decoding=warm, logprobs=2)
                answer = self._server.complete(asked)
                gaps += self._gaps(answer.rows or (), GREEDY) or ()
            self._scales = len(gaps) == 2 and abs(gaps[1] - 2 * gaps[0]) < abs(gaps[1] - gaps[0])
        return self._scales

    def _filler(self, context: int, tokens: int, request: int) -> tuple[int, ...]:
        """Text of letters that tokenises to itself; what follows `context` tokens was not asked for the last time."""
        self._passes += 1
        places = [place + request + (self._passes if place >= context else 0) for place in range(context + tokens)]
        letters = "".join(f" {string.ascii_lowercase[place % 26]}" for place in places)
        return self.tokenize(letters)[: context + tokens]
