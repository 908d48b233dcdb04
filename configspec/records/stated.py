"""What a row holds to check its figures by, and nothing is ranked by; `theory/plausibility/` looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from configspec.records.bounds import MOST, MOST_TOKENS_PER_S, Count, Figure, check_estimate, check_within
from configspec.records.facts import HealthFacts, ModelFacts
from configspec.records.passes import RecordedPass
from configspec.theory.evidence import NOTHING_KNOWN, Evidence, Stated

MOST_VALUE = 1e18
MOST_BYTES_PER_S = 1e18


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFacts:
    """Of recorded figures: what their source states of the draft, the device and the objectives. None: nothing.

    `weights_bytes`: that a token reads. `memory_bytes_per_s`: as the device's maker states it.
    """

    weights_bytes: Count | None = None
    memory_bytes_per_s: Figure | None = None
    values: Stated | None = None

    def __post_init__(self) -> None:
        check_within(
            weights_bytes=(self.weights_bytes, 1, MOST),
            memory_bytes_per_s=(self.memory_bytes_per_s, 1, MOST_BYTES_PER_S),
        )


def check_stated(stated: StatedFacts | None) -> None:
    """ValueError where a value that is stated cannot be."""
    if stated is not None and stated.values is not None:
        values = stated.values
        check_estimate("stated.goodput_tokens_per_s", values.goodput_tokens_per_s, most=MOST_TOKENS_PER_S)
        check_estimate("stated.tokens_per_usd", values.tokens_per_usd, most=MOST_VALUE)
        check_estimate("stated.drafting_j_per_token", values.drafting_j_per_token, most=MOST_VALUE)


def evidence_of(
    draft: ModelFacts | None,
    passes: Sequence[RecordedPass] | None,
    health: HealthFacts | None,
    stated: StatedFacts | None,
) -> Evidence:
    """What the figures of a row are held against: measured, or stated by their source."""
    if stated is not None:
        return Evidence(
            weights_bytes=stated.weights_bytes,
            memory_bytes_per_s=stated.memory_bytes_per_s,
            memory="declared",
            stated=stated.values,
        )
    if draft is None and health is None:
        return NOTHING_KNOWN
    on_gpu = draft is None or _on_gpu(draft)
    speeds = () if on_gpu else tuple(one.memory.bytes_per_s for one in passes or () if one.memory is not None)
    return Evidence(
        weights_bytes=None if draft is None or _has_experts(draft) else draft.weights_bytes,
        memory_bytes_per_s=max(speeds, default=None),
        power_mode=None if health is None else health.power_mode,
    )


def _on_gpu(draft: ModelFacts) -> bool:
    """Whether any of its layers are, as far as llama.cpp said; else whether any were asked to be."""
    layers = None if draft.opened is None else draft.opened.layers_on_gpu
    return (draft.gpu_layers if layers is None else layers) != 0


def _has_experts(draft: ModelFacts) -> bool:
    """Whether a token reads a part of the model alone: it is a mixture of experts."""
    return draft.metadata.get(f"{draft.architecture}.expert_count", "0") != "0"
