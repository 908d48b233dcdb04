"""Acceptance for every K from one teacher-forced pass of the draft over the target's own text.

No speculative decoding is run: up to the first mismatch the draft's context equals the target's text, and what it
proposes after a mismatch is discarded (`model/acceptance.py` has the walk). Cached by the draft's file, the trace
and the llama.cpp that computed it, so ten boards pay once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from configspec.devices.device import Device
from configspec.errors import UsageError
from configspec.families.store import Store
from configspec.inventory.specs import LlamaCppSpec
from configspec.model.acceptance import pooled, replay, too_few_prompts
from configspec.model.profile import Acceptance
from configspec.profiling.trace import Trace

BOOTSTRAP_SEED = 2604_09722  # any fixed number: the same counts give the same interval


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftScores:
    """Per prompt and position: was the draft's arg-max the target's token, and by what gap did it choose.

    `gaps` are between the draft's best two logits: a count that differs from a real run must sit at a tiny one.
    """

    matches: tuple[tuple[bool, ...], ...]
    gaps: tuple[tuple[float, ...], ...]
    prompts_sha256: str

    def flags(self) -> tuple[str, ...]:
        """What the reader should know before using the acceptance."""
        doubt = too_few_prompts(len(self.matches))
        return (doubt,) if doubt else ()

    def acceptance(self, k: int) -> Acceptance:
        """Pooled counts over the prompt set for rounds of `k`."""
        counts = [replay(matches, k) for matches in self.matches]
        return pooled(
            [(one.rounds, one.accepted) for one in counts],
            k,
            rng=np.random.default_rng(BOOTSTRAP_SEED),
            prompts_sha256=self.prompts_sha256,
        )


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
    store: Store,
    *,
    runtime: str,
    open_scorer: Callable[[], Device],
    llama_cpp: LlamaCppSpec,
) -> DraftScores:
    """The draft `model`, teacher-forced over `trace`; from the cache, or by the device that `open_scorer` returns.

    `runtime` names the llama.cpp that scores; it is part of the cache's key.
    """
    key = hashlib.sha256("\n".join([model_sha256, trace.key, runtime]).encode()).hexdigest()

    def build(out: Path) -> None:
        document = _score(open_scorer(), model, trace, llama_cpp)
        out.write_text(json.dumps(document), encoding="utf-8")

    document = json.loads(store.ensure("acceptance", key, ".json", build).read_text(encoding="utf-8"))
    return DraftScores(
        matches=tuple(
            _matches(argmax, one.tokens) for argmax, one in zip(document["argmax"], trace.prompts, strict=True)
        ),
        gaps=tuple(tuple(gaps) for gaps in document["gaps"]),
        prompts_sha256=trace.prompts_sha256,
    )


def _score(scorer: Device, model: Path, trace: Trace, llama_cpp: LlamaCppSpec) -> dict[str, Any]:
    scorer.open_model(model, llama_cpp)
    argmax: list[list[int]] = []
    logprobs: list[list[float]] = []
    gaps: list[list[float]] = []
    for traced in trace.prompts:
        scores = scorer.score((*traced.prompt, *traced.tokens), start=len(traced.prompt))
        argmax.append(list(scores.argmax))
        logprobs.append(list(scores.logprob))
        gaps.append(list(scores.gap))
    return {"argmax": argmax, "logprobs": logprobs, "gaps": gaps}


def _matches(argmax: Sequence[int], tokens: Sequence[int]) -> tuple[bool, ...]:
    return tuple(mine == theirs for mine, theirs in zip(argmax, tokens, strict=True))
