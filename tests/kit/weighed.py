"""Configurations that are weighed against each other, made from a few numbers; and the paper's, as a results file."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from example_rows import raw_row, replayed_row

from configspec.records.profile_file import ProfileFile, read_profile
from configspec.selection.candidates import Group, groups_of
from configspec.selection.query import Query
from configspec.selection.ranking import RankingRules
from configspec.theory.figures import Estimate
from configspec.theory.ids import configuration_id
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import usual
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

QUICK = RankingRules(resamples=40)


def exactly(value: float) -> Estimate:
    """A figure without doubt."""
    return Estimate(value=value, low=value, high=value, confidence=1.0, n=0)


def exact(
    draft: str,
    k: int,
    alpha: float,
    round_s: float,
    *,
    power_w: float | None = 8.0,
    idle_w: float | None = None,
    prompt_tokens_per_s: float | None = 40.0,
    device: str = "orin",
    quant: str = "Q4_K_M",
) -> Configuration:
    """One whose figures are known exactly."""
    return Configuration(
        id=configuration_id(device, "llama", draft, quant, k),
        round_s=exactly(round_s),
        acceptance=Acceptance(rate=exactly(alpha), rounds=None, drafted=None, accepted=None),
        power_w=None if power_w is None else exactly(power_w),
        power_reason="no meter" if power_w is None else None,
        idle_w=None if idle_w is None else exactly(idle_w),
        prompt_tokens_per_s=None if prompt_tokens_per_s is None else exactly(prompt_tokens_per_s),
        provenance="derived",
    )


def sampled(draft: str, k: int, by_prompt: Sequence[tuple[int, int]], rounds_s: Sequence[float]) -> Configuration:
    """One with counts by prompt, (rounds, accepted), and timed rounds; all such have the same prompts."""
    rate = sum(accepted for _, accepted in by_prompt) / (k * sum(rounds for rounds, _ in by_prompt))
    plain = exact(draft, k, rate, statistics.median(rounds_s))
    acceptance = replace(plain.acceptance, by_prompt=tuple(by_prompt), prompts_sha256="ab" * 32)
    return replace(plain, acceptance=acceptance, round_samples_s=tuple(rounds_s), provenance="measured")


def group_of(
    configurations: Sequence[Configuration],
    serving: Serving = Serving(),  # noqa: B008 (frozen)
    *,
    objectives: Sequence[Objective] = usual(),
    rules: RankingRules = QUICK,
) -> Group:
    """The rankings of configurations of one device."""
    query = Query(objectives=objectives, rules=rules)
    (group,) = groups_of(query.answer([(one, serving) for one in configurations]))
    return group


def paper_profile() -> ProfileFile:
    """The figures that were derived from the paper."""
    return read_profile(Path(__file__).parents[2] / "fixtures" / "profiles" / "configspec-paper.json")


def paper_groups(rules: RankingRules = QUICK) -> tuple[Group, ...]:
    """Its two families on its three devices."""
    profile = paper_profile()
    measured = [
        (one, profile.serving[one.family])
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
    ]
    return groups_of(Query(rules=rules).answer(measured))


def paper_results(path: Path) -> Path:
    """The same as a results file."""
    profile = paper_profile()
    rows = [
        raw_row(replayed_row(one, profile.serving[one.family]))
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
    ]
    path.write_text(json.dumps({"benchmarks": rows}), encoding="utf-8")
    return path


def profile_results(profile: Path, out: Path) -> Path:
    """The rows of a profile file as a results file."""
    found = read_profile(profile)
    rows = [
        raw_row(replayed_row(one, found.serving[one.family], source=found.source))
        for device in found.devices
        for one in found.configurations(device, as_name=device)
    ]
    out.write_text(json.dumps({"benchmarks": rows}), encoding="utf-8")
    return out
