"""What a target model must be able to do, whatever runs it.

A *text* is a sequence of token ids. `prefill` starts one, `feed` and `distributions` add to it and return what the
target would say after each added token, `keep` cuts it. A run of speculative decoding is made of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from configspec.theory.decoding import Decoding

if TYPE_CHECKING:
    from configspec.targets.prompt_source import PromptSource
    from configspec.testbed.family_spec import TargetSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """What the target wrote after one prompt.

    `gaps` are between its best two logits at each token, None where a server does not say. `logprobs` are the natural
    logarithms of each token's probability after temperature, top-k and top-p: 0 where decoding is greedy.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    gaps: tuple[float, ...] | None


class Target(Protocol):
    """A causal language model that verifies. One text at a time."""

    @property
    def name(self) -> str:
        """What messages call it: its folder, file or address."""

    @property
    def runtime(self) -> str:
        """What computes it, with versions, as `torch 2.13.0, transformers 5.23.0`."""

    @property
    def context(self) -> int | None:
        """Tokens that a text may have; None where that is not known."""

    @property
    def end_tokens(self) -> frozenset[int]:
        """The ids that end a text."""

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The ids of a plain prompt: what the tokenizer itself puts before a text, then the text, as `prompt_ids`."""

    def prefill(self, tokens: Sequence[int]) -> None:
        """Start a new text of `tokens`; may be empty."""

    def verify(self, tokens: Sequence[int]) -> list[int]:
        """Add `tokens` to the text in one pass; returns the arg-max after each of them, len(tokens) ids."""

    def distributions(self, tokens: Sequence[int], decoding: Decoding) -> NDArray[np.float64]:
        """The same, but returns the distribution after each: probabilities of shape (len(tokens), vocabulary)."""

    def keep(self, length: int) -> None:
        """Cut the text to its first `length` tokens."""

    def continue_text(self, prompt: Sequence[int], new_tokens: int, decoding: Decoding, *, seed: int) -> Continuation:
        """The target's own text after a prompt: at most `new_tokens` ids; an end token counts and stops it.

        `seed` is of this one text; a server that cannot be seeded may leave it aside. The text is replaced.
        """

    def pass_s(self, *, context: int, tokens: int, requests: int) -> float:
        """Seconds that verifying takes: one pass of `tokens` after `context` others, for `requests` texts at once.

        Measured now, on this host's monotonic clock. The text is replaced.
        """

    def close(self) -> None:
        """Free the memory."""


class TargetVariant(Protocol):
    """One way to run a target. It is asked only about specs of its own; to add one: `registry.TARGETS`."""

    @property
    def source(self) -> str:
        """The key of `devices.yaml` that declares it, as in `TargetSpec.variants`."""

    def declares(self, spec: TargetSpec) -> bool:
        """Whether `spec` is of this variant."""

    def open(self, spec: TargetSpec) -> Target:
        """The target, loaded or probed; its libraries are imported now.

        Raises:
            UsageError: It cannot be opened before something is changed: a path, an installation, a key.
            TestbedError: A server misbehaves.
        """

    def prompts(self, spec: TargetSpec) -> PromptSource:
        """What makes its prompts' ids, without the weights; close it when done.

        Raises:
            UsageError: The tokenizer cannot be read, or its library is missing.
            TestbedError: A server misbehaves.
        """

    def runtime(self, spec: TargetSpec) -> str:
        """What will compute it, as `Target.runtime` says, without opening it; a UsageError where that is missing."""

    def sha256(self, spec: TargetSpec) -> str | None:
        """One hash of its files; None where they cannot be seen from here."""
