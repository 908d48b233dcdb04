"""A target model in a GGUF file, run by llama.cpp in this process.

It opens files and reads logits with the agent's own code (docs/adr/0006).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from configspec.agent.board.file_hash import FileHashes
from configspec.agent.llama.model import open_model
from configspec.agent.protocol import AgentError, Deadline
from configspec.agent.requests.model import Open
from configspec.errors import UsageError
from configspec.families.gguf.gguf_facts import gguf_sha256
from configspec.families.llama_cpp_version import llama_cpp_version
from configspec.targets.llama_batch import Rows, Timed
from configspec.targets.llama_vocabulary import GgufSource, GgufVocabulary, for_people, library
from configspec.targets.prompt_source import PromptSource, prompt_ids
from configspec.targets.target import Continuation
from configspec.targets.writing import Writer
from configspec.theory.decoding import Decoding
from configspec.theory.sampling import warp

if TYPE_CHECKING:
    from configspec.testbed.family_spec import TargetSpec

BATCH = 2048  # tokens of a prompt that go in at once
_LOGITS_BYTES = 64 * 1024 * 1024  # bounds the tokens that are verified at once: llama.cpp holds a row for each


class LlamaVariant:
    """A GGUF file."""

    source = "gguf"

    def declares(self, spec: TargetSpec) -> bool:
        """See the protocol."""
        return spec.gguf is not None

    def open(self, spec: TargetSpec) -> LlamaTarget:
        """See the protocol."""
        return LlamaTarget(spec)

    def prompts(self, spec: TargetSpec) -> PromptSource:
        """See the protocol."""
        assert spec.gguf is not None
        return GgufSource(spec.gguf)

    def runtime(self, spec: TargetSpec) -> str:
        """See the protocol."""
        return f"llama-cpp-python {llama_cpp_version('A GGUF target')}"

    def sha256(self, spec: TargetSpec) -> str | None:
        """See the protocol."""
        assert spec.gguf is not None
        return gguf_sha256(spec.gguf)


class LlamaTarget:
    """One GGUF model, opened once."""

    def __init__(self, spec: TargetSpec) -> None:
        """Open the model of `spec`.

        Raises:
            UsageError: llama-cpp-python is missing, the file is not a whole GGUF file, or it does not fit.
            TestbedError: llama.cpp could not make a context.
        """
        assert spec.gguf is not None
        self.name = str(spec.gguf)
        deadline = Deadline()
        with self._explained():
            self._library = library()
            asked = Open(
                path=self.name,
                threads=spec.llama_cpp.threads,
                context=spec.llama_cpp.context,
                gpu_layers=spec.llama_cpp.gpu_layers,
                batch=min(BATCH, spec.llama_cpp.context),
            )
            self._model = open_model(self._library, asked, deadline, FileHashes(deadline))
        api = self._library.api
        self.runtime = f"llama-cpp-python {self._library.version}"
        self.context = self._model.context
        self._handle = api.llama_get_model(self._model.llama_context)
        vocab = api.llama_model_get_vocab(self._handle)
        self._words = GgufVocabulary(self._library, vocab, self.name)
        self.end_tokens = frozenset(
            token for token in range(self._model.vocabulary) if api.llama_vocab_is_eog(vocab, token)
        )
        rows = max(1, min(self._model.batch, _LOGITS_BYTES // (4 * self._model.vocabulary)))
        self._rows = Rows(self._model, rows)
        self._text: list[int] = []
        self._timed: dict[tuple[int, int], Timed] = {}  # by context and requests

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The ids of a plain prompt; see the protocol."""
        return prompt_ids(self._words, text, "text")

    def prefill(self, tokens: Sequence[int]) -> None:
        """Start a new text of `tokens`; may be empty."""
        self._stop_timing()
        self._clear()
        self._add_unseen(tokens)

    def verify(self, tokens: Sequence[int]) -> list[int]:
        """Add `tokens` to the text in one pass; returns the arg-max after each of them, len(tokens) ids."""
        chosen: list[int] = []
        for first in range(0, len(tokens), self._rows.size):
            chosen += self._add(tokens[first : first + self._rows.size]).argmax(axis=1).tolist()
        return chosen

    def distributions(self, tokens: Sequence[int], decoding: Decoding) -> NDArray[np.float64]:
        """The same, but returns the distribution after each: probabilities of shape (len(tokens), vocabulary)."""
        size = self._rows.size
        parts = [warp(self._add(tokens[first : first + size]), decoding) for first in range(0, len(tokens), size)]
        return np.concatenate(parts)

    def keep(self, length: int) -> None:
        """Cut the text to its first `length` tokens."""
        if length >= len(self._text):
            return
        kept = self._text[:length]
        if self._model.forget_after(length):
            self._text = kept
        else:  # a recurrent state cannot be cut, and llama.cpp has forgotten it
            self._text = []
            self._add_unseen(kept)

    def continue_text(self, prompt: Sequence[int], new_tokens: int, decoding: Decoding, *, seed: int) -> Continuation:
        """The target's own text after a prompt; see the protocol."""
        self.prefill(())
        writer = Writer(logits_after=self._logits_after, ends=self.end_tokens)
        return writer.write(prompt, new_tokens, decoding, seed=seed)

    def pass_s(self, *, context: int, tokens: int, requests: int) -> float:
        """Seconds of one pass; see the protocol. The contexts made for it stay until the next text begins."""
        if self._text:
            self._clear()
        kind = (context, requests)
        with self._explained():
            if kind in self._timed and self._timed[kind].room < tokens:
                self._timed.pop(kind).close()
            if kind not in self._timed:
                self._timed[kind] = Timed(self._model, self._handle, context, requests, room=max(tokens, 64))
            return self._timed[kind].pass_s(tokens)

    def close(self) -> None:
        """Free the memory."""
        self._stop_timing()
        self._model.close()

    def _add(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Add to the text in one batch; returns the logits after each token, an array that the next batch reuses."""
        at = len(self._text)
        self._check_room(at + len(tokens))
        try:
            self._rows.fill(0, tokens, position=at, sequence=0)
            logits = self._rows.evaluate(len(tokens))
        except AgentError as error:
            self._clear()  # how much of the batch llama.cpp holds is not known
            raise for_people(self.name, error) from error
        self._text += tokens
        return logits

    def _add_unseen(self, tokens: Sequence[int]) -> None:
        """Add to the text, in large batches; only the last token of each has logits."""
        self._check_room(len(self._text) + len(tokens))
        try:
            for first in range(0, len(tokens), self._model.batch):
                self._model.evaluate_tokens(list(tokens[first : first + self._model.batch]))
        except AgentError as error:
            self._clear()
            raise for_people(self.name, error) from error
        self._text += tokens

    def _logits_after(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        self._add_unseen(tokens)
        logits: NDArray[np.float32] = self._model.logits(-1)
        return logits

    def _check_room(self, length: int) -> None:
        if length > self.context:
            raise UsageError(
                f"The target {self.name} was opened with a context of {self.context} tokens; {length} are needed. "
                "Raise `llama_cpp.context` of the target, or ask for shorter texts."
            )

    def _clear(self) -> None:
        self._library.api.llama_memory_clear(self._model.memory, True)
        self._text = []

    def _stop_timing(self) -> None:
        while self._timed:
            self._timed.popitem()[1].close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except AgentError as error:
            raise for_people(self.name, error) from error
