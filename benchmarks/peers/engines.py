"""The two engines that decode end to end, behind one shape, and what each is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import llama_speculative
from assisted import Assisted
from build_llama_bench import Tool
from engine_rules import LLAMA_CPP, TRANSFORMERS, Counts, RoundRule
from gguf_vocabulary import GgufVocabulary
from llama_speculative import Speculation
from machine import processors

from configspec.errors import TestbedError
from configspec.testbed.llama_cpp_spec import LlamaCppSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One prompt, as both sides get it."""

    id: str
    ids: tuple[int, ...]
    text: bytes  # that leads llama.cpp to `ids`


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One prompt decoded. `parted` finds the first token of ours that is another here, as far as both texts go."""

    tokens: int
    seconds: float
    counts: Counts
    parted: Callable[[Sequence[int]], int | None]


class Engine(Protocol):
    """Something that decodes speculatively, with a draft and a target of its own."""

    rule: RoundRule
    times_the_prompt: bool  # whether its seconds contain reading the prompt

    def decode(self, one: Given, k: int, new_tokens: int) -> Outcome:
        """Decode one prompt, `k` drafted a round."""


class LlamaCpp:
    """`llama-speculative-simple`, a fresh process each time, its models opened as ours are."""

    rule = LLAMA_CPP
    times_the_prompt = False

    def __init__(
        self, tool: Tool, vocabulary: GgufVocabulary, target: Path, draft: Path, options: LlamaCppSpec
    ) -> None:
        self._tool = tool
        self._vocabulary = vocabulary
        self._target = target
        self._draft = draft
        self._options = options

    def decode(self, one: Given, k: int, new_tokens: int) -> Outcome:
        """Run it on one prompt."""
        asked = Speculation(
            target=self._target,
            draft=self._draft,
            k=k,
            new_tokens=new_tokens,
            threads=self._options.threads or processors(),
            context=self._options.context,
        )
        report = llama_speculative.decode(self._tool, asked, one.text)
        if report.prompt_tokens != len(one.ids):
            raise TestbedError(
                f"prompt {one.id}: {report.prompt_tokens} tokens for llama.cpp's tool, {len(one.ids)} for ours"
            )
        return Outcome(
            tokens=report.tokens,
            seconds=report.seconds,
            counts=(report.rounds, report.drafted, report.accepted),
            parted=lambda ours: parted_from_text([self._vocabulary.text([token]) for token in ours], report.text),
        )


class Transformers:
    """Assisted generation in this process."""

    rule = TRANSFORMERS
    times_the_prompt = True

    def __init__(self, assisted: Assisted) -> None:
        self._assisted = assisted

    def decode(self, one: Given, k: int, new_tokens: int) -> Outcome:
        """Generate after one prompt."""
        made = self._assisted.generate(one.ids, k, new_tokens)
        return Outcome(
            tokens=len(made.tokens),
            seconds=made.seconds,
            counts=(made.rounds, made.drafted, made.accepted),
            parted=lambda ours: parted(ours, made.tokens),
        )


def given(name: str, ids: Sequence[int], vocabulary: GgufVocabulary) -> Given | None:
    """A prompt for both sides; None where its text does not lead llama.cpp back to its ids."""
    text = vocabulary.text(ids)
    fits = len(ids) > 1 and vocabulary.ids(text) == tuple(ids)
    return Given(id=name, ids=tuple(ids), text=text) if fits else None


def parted(ours: Sequence[int], theirs: Sequence[int]) -> int | None:
    """The first place at which two texts differ, as far as both go."""
    return next((place for place, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), None)


def parted_from_text(pieces: Sequence[bytes], text: bytes) -> int | None:
    """The same of a text of tokens, each as `pieces` has it, and one that was printed."""
    at = 0
    for place, piece in enumerate(pieces):
        if at == len(text):
            return None
        if not text.startswith(piece, at):
            return place
        at += len(piece)
    return None
