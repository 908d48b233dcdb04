"""Acceptance for every K from one teacher-forced pass of the draft over the target's own text.

No speculative decoding is run: up to the first mismatch the draft's context equals the target's text, and what it
proposes after a mismatch is discarded (`theory/acceptance/chain.py` has the walk). Where decoding samples, the target's
text is one sample of it; a token's probabilities under both models give the probability that it came from an accepted
draft, and the counts are expected ones. Cached by the draft's file, the text and the llama.cpp that computed it, so ten
boards pay once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from configspec.cache import Store
from configspec.devices.device import Device
from configspec.devices.replies.model import Scores
from configspec.profiling.target_text import ContinuedPrompt, TargetText
from configspec.records.samples import AcceptanceSamples, PromptAcceptance, rounded
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.acceptance.chain import pooled, replay, too_few_prompts
from configspec.theory.acceptance.expected import accept_probability, expected_counts
from configspec.theory.decoding import Decoding
from configspec.theory.flags import Flag
from configspec.theory.profile import Acceptance

BOOTSTRAP_SEED = 2604_09722  # any fixed number: the same counts give the same interval
FORMAT = "2"  # of a cached pass: confidence and rank came with it


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedPrompt:
    """One prompt's text as the draft saw it, position by position.

    `accept` is the probability that the text's token came from an accepted draft: 1 and 0 where decoding is greedy.
    """

    continued: ContinuedPrompt
    scores: Scores
    accept: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceTrace:
    """A draft against the target's text, for the whole prompt set."""

    text: TargetText
    prompts: tuple[TracedPrompt, ...]

    @property
    def decoding(self) -> Decoding:
        """How tokens were chosen, and by which rule they are accepted."""
        return self.text.decoding

    @property
    def certain(self) -> bool:
        """Whether the draft proposes its arg-max, so that a given text accepts it or does not."""
        return self.decoding.greedy or self.decoding.rule == "match-greedy-draft"

    @property
    def matches(self) -> tuple[tuple[bool, ...], ...]:
        """Per prompt: which tokens came from an accepted draft, where a given text leaves nothing to chance."""
        if not self.certain:
            raise ValueError("a draft that samples matches with a probability")
        return tuple(tuple(one == 1.0 for one in prompt.accept) for prompt in self.prompts)

    def flags(self) -> tuple[Flag, ...]:
        """What the reader should know before using the acceptance."""
        doubt = too_few_prompts(len(self.prompts))
        return (doubt,) if doubt else ()

    def acceptance(self, k: int) -> Acceptance:
        """Pooled counts over the prompt set for rounds of `k`; expected ones where the draft samples."""
        by_prompt: list[tuple[float, float]]
        if self.certain:
            by_prompt = [(one.rounds, one.accepted) for one in (replay(matches, k) for matches in self.matches)]
        else:
            counted = (expected_counts(prompt.accept, k) for prompt in self.prompts)
            by_prompt = [(one.rounds, one.accepted) for one in counted]
        rng = np.random.default_rng(BOOTSTRAP_SEED)
        counts = pooled(by_prompt, k, rng=rng, prompts_sha256=self.text.prompts_sha256)
        return replace(counts, decoding=self.decoding)

    def samples(self, text_sha256: str) -> AcceptanceSamples:
        """For the side file, beside that of the text."""
        return AcceptanceSamples(
            text=text_sha256, prompts=tuple(_sampled(prompt, self.certain) for prompt in self.prompts)
        )


def _sampled(prompt: TracedPrompt, certain: bool) -> PromptAcceptance:
    scores, continued = prompt.scores, prompt.continued
    return PromptAcceptance(
        id=continued.id,
        category=continued.category,
        matches=tuple(mine == theirs for mine, theirs in zip(scores.argmax, continued.tokens, strict=True)),
        confidence=rounded(scores.confidence),
        rank=scores.rank,
        gap=rounded(scores.gap),
        accept=None if certain else prompt.accept,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """What scores drafts, where a score is not cached yet; `runtime` names its llama.cpp, a part of the cache's key."""

    open: Callable[[], Device]
    runtime: str
    threads: int | None
    store: Store


def trace_acceptance(model: Path, model_sha256: str, text: TargetText, scorer: Scorer) -> AcceptanceTrace:
    """The draft `model`, teacher-forced over `text`; from the cache, or scored now."""
    return AcceptanceTrace(text=text, prompts=trace_each(model, model_sha256, (text,), scorer))


def trace_each(model: Path, model_sha256: str, texts: Sequence[TargetText], scorer: Scorer) -> tuple[TracedPrompt, ...]:
    """The prompts of several texts, each cached by itself; the draft is opened once, where one has to be scored."""
    opened: list[Device] = []

    def device() -> Device:
        if not opened:
            found = scorer.open()
            context = max(one.longest for one in texts)
            found.open_model(model, LlamaCppSpec(threads=scorer.threads, context=context))
            opened.append(found)
        return opened[0]

    def of_text(text: TargetText) -> Iterator[TracedPrompt]:
        key = trace_key(model_sha256, text.key, scorer.runtime)

        def build(out: Path) -> None:
            out.write_bytes(msgspec.json.encode(_score(device(), text)))

        scores = scorer.store.ensure_read("acceptance", key, ".json", build, lambda content: _read(content, text))
        for continued, one in zip(text.prompts, scores, strict=True):
            yield TracedPrompt(continued=continued, scores=one, accept=_accept(text.decoding, continued, one))

    return tuple(prompt for text in texts for prompt in of_text(text))


def trace_key(model_sha256: str, text: str, runtime: str) -> str:
    """What the scores of a draft depend on: its file, the text by its key, and what computes them."""
    return hashlib.sha256("\n".join([FORMAT, model_sha256, text, runtime]).encode()).hexdigest()


def _read(content: bytes, text: TargetText) -> tuple[Scores, ...]:
    """The scores that were kept; a ValueError where they are not those of the text."""
    try:
        kept = msgspec.json.decode(content, type=tuple[Scores, ...])
    except msgspec.MsgspecError as problem:
        raise ValueError(str(problem)) from None
    if [len(one.argmax) for one in kept] != [len(one.tokens) for one in text.prompts]:
        raise ValueError("its scores are of another text")
    return kept


def _score(device: Device, text: TargetText) -> list[Scores]:
    return [
        device.score((*one.prompt, *one.tokens), start=len(one.prompt), decoding=text.decoding) for one in text.prompts
    ]


def _accept(decoding: Decoding, continued: ContinuedPrompt, scores: Scores) -> tuple[float, ...]:
    """The probability, position by position, that the text's token came from an accepted draft."""
    same = [mine == theirs for mine, theirs in zip(scores.argmax, continued.tokens, strict=True)]
    if decoding.greedy:
        return tuple(float(one) for one in same)
    q_of_y = () if scores.probability is None else scores.probability
    m = accept_probability(decoding.rule, p_of_y=np.exp(continued.logprobs), q_of_y=q_of_y, same_argmax=same)
    return tuple(m.tolist())
