"""Acceptance for every K from one teacher-forced pass of the draft over the target's own text.

No speculative decoding is run: up to the first mismatch the draft's context equals the target's text, and what it
proposes after a mismatch is discarded (`model/acceptance.py` has the walk). Where decoding samples, the target's text
is one sample of it; a token's probabilities under both models give the probability that it came from an accepted draft,
and the counts are expected ones. Cached by the draft's file, the trace and the llama.cpp that computed it, so ten
boards pay once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from configspec.cache import Store
from configspec.devices.device import Device
from configspec.errors import UsageError
from configspec.profiling.target_text import Trace, TracedPrompt
from configspec.testbed.specs import LlamaCppSpec
from configspec.theory.acceptance.chain import pooled, replay, too_few_prompts
from configspec.theory.acceptance.expected import accept_probability, expected_counts
from configspec.theory.decoding import Decoding
from configspec.theory.profile import Acceptance

BOOTSTRAP_SEED = 2604_09722  # any fixed number: the same counts give the same interval


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceTrace:
    """Per prompt and position: with what probability the target's own token there came from an accepted draft.

    Where decoding is greedy these are 1 and 0: the draft's arg-max was the target's token, or was not. `gaps` are
    between the draft's best two logits: a count that differs from a real run must sit at a tiny one. `argmax` is what
    the draft proposes greedily.
    """

    accept: tuple[tuple[float, ...], ...]
    gaps: tuple[tuple[float, ...], ...]
    argmax: tuple[tuple[int, ...], ...]
    prompts_sha256: str
    decoding: Decoding

    @property
    def certain(self) -> bool:
        """Whether the draft proposes its arg-max, so that a given text accepts it or does not."""
        return self.decoding.greedy or self.decoding.rule == "match-greedy-draft"

    @property
    def matches(self) -> tuple[tuple[bool, ...], ...]:
        """The same where a given text leaves nothing to chance."""
        if not self.certain:
            raise ValueError("a draft that samples matches with a probability")
        return tuple(tuple(one == 1.0 for one in of_prompt) for of_prompt in self.accept)

    def flags(self) -> tuple[str, ...]:
        """What the reader should know before using the acceptance."""
        doubt = too_few_prompts(len(self.accept))
        return (doubt,) if doubt else ()

    def acceptance(self, k: int) -> Acceptance:
        """Pooled counts over the prompt set for rounds of `k`; expected ones where the draft samples."""
        by_prompt: list[tuple[float, float]]
        if self.certain:
            by_prompt = [(one.rounds, one.accepted) for one in (replay(matches, k) for matches in self.matches)]
        else:
            by_prompt = [(one.rounds, one.accepted) for one in (expected_counts(m, k) for m in self.accept)]
        counts = pooled(by_prompt, k, rng=np.random.default_rng(BOOTSTRAP_SEED), prompts_sha256=self.prompts_sha256)
        return replace(counts, decoding=self.decoding)


def llama_cpp_version() -> str:
    """The llama.cpp that scores drafts on this host.

    Raises:
        UsageError: llama-cpp-python is not installed.
    """
    try:
        return f"llama-cpp-python {metadata.version('llama-cpp-python')}"
    except metadata.PackageNotFoundError:
        raise UsageError(
            "Scoring a draft needs llama-cpp-python on this host, which is not installed: "
            "pip install 'configspec[llama]'"
        ) from None


def score_draft(
    model: Path,
    model_sha256: str,
    trace: Trace,
    decoding: Decoding,
    store: Store,
    *,
    runtime: str,
    open_scorer: Callable[[], Device],
    llama_cpp: LlamaCppSpec,
) -> AcceptanceTrace:
    """The draft `model`, teacher-forced over `trace`; from the cache, or by the device that `open_scorer` returns.

    `runtime` names the llama.cpp that scores; it is part of the cache's key, as is `decoding`, through the trace's.
    """
    key = hashlib.sha256("\n".join([model_sha256, trace.key, runtime]).encode()).hexdigest()

    def build(out: Path) -> None:
        document = _score(open_scorer(), model, trace, decoding, llama_cpp)
        out.write_text(json.dumps(document), encoding="utf-8")

    document = json.loads(store.ensure("acceptance", key, ".json", build).read_text(encoding="utf-8"))
    return AcceptanceTrace(
        accept=tuple(_accept(decoding, traced, scores) for traced, scores in zip(trace.prompts, document, strict=True)),
        gaps=tuple(tuple(scores["gap"]) for scores in document),
        argmax=tuple(tuple(scores["argmax"]) for scores in document),
        prompts_sha256=trace.prompts_sha256,
        decoding=decoding,
    )


def _score(
    scorer: Device, model: Path, trace: Trace, decoding: Decoding, llama_cpp: LlamaCppSpec
) -> list[dict[str, Any]]:
    scorer.open_model(model, llama_cpp)
    return [
        asdict(scorer.score((*traced.prompt, *traced.tokens), start=len(traced.prompt), decoding=decoding))
        for traced in trace.prompts
    ]


def _accept(decoding: Decoding, traced: TracedPrompt, scores: dict[str, Any]) -> tuple[float, ...]:
    """The probability, position by position, that the text's token came from an accepted draft."""
    same = [mine == theirs for mine, theirs in zip(scores["argmax"], traced.tokens, strict=True)]
    if decoding.greedy:
        return tuple(float(one) for one in same)
    m = accept_probability(
        decoding.rule, p_of_y=np.exp(traced.logprobs), q_of_y=scores["probability"], same_argmax=same
    )
    return tuple(m.tolist())
