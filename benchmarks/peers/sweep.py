"""Profiling every cell of a family against running real speculative decoding for each of its configurations.

    profile   the target writes once a prompt, each draft is scored once over that text, and rounds of the largest K are
              timed: counts and speeds of every (draft, quantisation, K) follow
    real      the device drafts K, the target verifies and corrects, to the end of each prompt, for every configuration

Both start with the drafts' files there and nothing else: no text, no scores. Both must count the same rounds and
accepted tokens for every prompt. Arithmetic in batches and one token at a time may differ in the last bits, so that a
near tie falls the other way; where a count differs, the gap between the two best logits shows whether it was one.

Draft and target take turns on one machine here, and OpenMP's threads spin for a while after their work. Those of one
would then hold the processors that the other needs: on two of them that made the real runs thirty times slower, which
is no merit of ours. So both sides run with threads that sleep when they wait.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from comparison import Line
from machine import Watch

from configspec.devices.device import Device, open_device
from configspec.families.store import Store
from configspec.inventory.specs import FamilySpec, Inventory
from configspec.model.acceptance import replay
from configspec.profiling.acceptance import DraftScores
from configspec.profiling.laboratory import Laboratory
from configspec.profiling.speculative import SpeculativeRun, decode_speculatively
from configspec.profiling.trace import Trace, TracedPrompt
from configspec.targets.transformers_target import TransformersTarget

AT_LEAST_TIMES = 30.0
WAIT_POLICY = "OMP_WAIT_POLICY"  # read by the OpenMP library when it is loaded
NEAR_TIE = 0.05  # logits; a difference that sits at a wider gap is no rounding

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """What profiling left behind: the drafts' files and scores by (draft, quantisation), and the seconds it took."""

    files: dict[tuple[str, str], Path]
    scores: dict[tuple[str, str], DraftScores]
    trace: Trace
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One prompt of one configuration whose counts differ, and the gap at which the two runs parted."""

    where: str
    predicted: tuple[int, int]  # rounds, accepted
    counted: tuple[int, int]
    gap: float | None  # logits; None where no single choice explains it
    whose: str  # "draft" or "target"

    @property
    def near_tie(self) -> bool:
        """Whether rounding explains it."""
        return self.gap is not None and self.gap < NEAR_TIE

    def __str__(self) -> str:
        gap = "no single choice explains it" if self.gap is None else f"{self.whose}'s top-2 gap {self.gap:.4f}"
        return f"{self.where}: (rounds, accepted) {self.predicted} predicted, {self.counted} counted; {gap}"


def measure(inventory: Inventory, device: str, family: str, *, prompts: int | None, progress: Progress) -> list[Line]:
    """Both ways over one family on one device; the real one over `prompts` prompts of the set, None for all."""
    spec = inventory.families[family]
    with _threads_that_sleep(), tempfile.TemporaryDirectory(prefix="sweep-") as folder:
        store = Store(Path(folder))
        profiled = _profile(inventory, store, device, spec, progress)
        chosen = evenly(profiled.trace.prompts, prompts)
        real_s, differences, counted = _run_for_real(inventory, store, device, spec, profiled, chosen, progress)
    total = len(profiled.trace.prompts)
    whole_s = real_s * total / len(chosen)
    times_less = whole_s / profiled.seconds
    cells = len(profiled.files)
    notes = [f"{cells} cells, {len(inventory.sweep.k)} K each, {total} prompts"]
    if len(chosen) < total:
        notes.append(
            f"the real runs took {real_s:.1f} s for {len(chosen)} of {total} prompts; the rest is in proportion"
        )
    times = Line(
        name=f"profile of {family}, all configurations",
        unit="s",
        peer=whole_s,
        ours=profiled.seconds,
        judged=times_less,
        judged_unit="times less",
        low=times_less,
        high=times_less,
        n=1,
        bound=AT_LEAST_TIMES,
        better="higher",
        notes=tuple(notes),
    )
    return [times, _agreement(family, counted, differences)]


def evenly(prompts: Sequence[TracedPrompt], count: int | None) -> list[TracedPrompt]:
    """`count` of the prompts, evenly spaced, since neighbours in a set are of one kind; None, or too many: all."""
    if count is None or count >= len(prompts):
        return list(prompts)
    return [prompts[index * len(prompts) // count] for index in range(count)]


@contextmanager
def _threads_that_sleep() -> Iterator[None]:
    """For torch, which is loaded within, and for the agents started within; the caller's setting comes first."""
    found = os.environ.get(WAIT_POLICY)
    os.environ.setdefault(WAIT_POLICY, "PASSIVE")
    try:
        yield
    finally:
        if found is None:
            del os.environ[WAIT_POLICY]


def _profile(inventory: Inventory, store: Store, device: str, family: FamilySpec, progress: Progress) -> Profiled:
    """All cells as `configspec` profiles them, from an empty cache but for the drafts' files."""
    with Laboratory(inventory, store, progress=progress) as laboratory:
        cells = [(draft, quant) for draft in family.drafts for quant in family.quants]
        files = {cell: laboratory.draft_file(family, *cell) for cell in cells}
        watch = Watch()
        for draft, quant in cells:
            laboratory.rows(device, family.name, draft, quant, inventory.sweep.k)
        seconds = watch.elapsed_s()
        trace = laboratory.trace(family)
        scores = {cell: laboratory.scores(family, path, trace) for cell, path in files.items()}
    return Profiled(files=files, scores=scores, trace=trace, seconds=seconds)


def _run_for_real(
    inventory: Inventory,
    store: Store,
    device: str,
    family: FamilySpec,
    profiled: Profiled,
    prompts: Sequence[TracedPrompt],
    progress: Progress,
) -> tuple[float, list[Difference], int]:
    """Seconds of all configurations, what differs from the profile's counts, and how many counts were compared."""
    seconds = 0.0
    differences: list[Difference] = []
    with open_device(inventory.devices[device], store.root) as drafter:
        watch = Watch()
        target = TransformersTarget(family.target)
        seconds += watch.elapsed_s()
        for (draft, quant), path in profiled.files.items():
            progress(f"real speculative decoding: {family.name} {draft} {quant}")
            watch = Watch()
            runs = _decode_all(drafter, target, path, prompts, inventory)
            seconds += watch.elapsed_s()
            scores = profiled.scores[draft, quant]
            for (index, k), run in runs.items():
                where = f"{draft} {quant} K={k}, prompt {prompts[index].id}"
                found = difference(where, prompts[index], scores.matches[index], scores.gaps[index], k, run)
                differences.extend([] if found is None else [found])
    return seconds, differences, len(profiled.files) * len(inventory.sweep.k) * len(prompts)


def _decode_all(
    drafter: Device, target: TransformersTarget, path: Path, prompts: Sequence[TracedPrompt], inventory: Inventory
) -> dict[tuple[int, int], SpeculativeRun]:
    """Every prompt at every K with one draft, by (prompt's index, K)."""
    drafter.open_model(path)
    return {
        (index, k): decode_speculatively(drafter, target, one.prompt, k, inventory.sweep.new_tokens)
        for k in inventory.sweep.k
        for index, one in enumerate(prompts)
    }


def difference(
    where: str, traced: TracedPrompt, matches: Sequence[bool], gaps: Sequence[float], k: int, run: SpeculativeRun
) -> Difference | None:
    """None where the real run counted what the replay predicts; else where the two parted."""
    predicted = _counts(matches, k)
    counted = (run.rounds, run.accepted)
    if counted == predicted and run.tokens == traced.tokens:
        return None
    parted = _first_difference(traced.tokens, run.tokens)
    if parted is not None:
        gap = traced.gaps[parted] if parted < len(traced.gaps) else None
        return Difference(where=where, predicted=predicted, counted=counted, gap=gap, whose="target")
    gap = gap_that_explains(matches, gaps, k, counted)
    return Difference(where=where, predicted=predicted, counted=counted, gap=gap, whose="draft")


def gap_that_explains(matches: Sequence[bool], gaps: Sequence[float], k: int, counted: tuple[int, int]) -> float | None:
    """The smallest gap at which one other choice of the draft gives the counts of the real run, if one does."""
    for place in sorted(range(len(matches)), key=gaps.__getitem__):
        other = [match != (index == place) for index, match in enumerate(matches)]
        if _counts(other, k) == counted:
            return gaps[place]
    return None


def _counts(matches: Sequence[bool], k: int) -> tuple[int, int]:
    counts = replay(matches, k)
    return counts.rounds, counts.accepted


def _first_difference(one: Sequence[int], other: Sequence[int]) -> int | None:
    """The first place at which two texts differ, the end of the shorter one included; None where they are equal."""
    if one == other:
        return None
    return next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
                min(len(one), len(other)))  # fmt: skip


def _agreement(family: str, counted: int, differences: Sequence[Difference]) -> Line:
    """How many counts differ and are no near ties; each that differs at all is shown."""
    near = [one for one in differences if one.near_tie]
    beyond = len(differences) - len(near)
    return Line(
        name=f"acceptance counts of {family}",
        unit="counts",
        peer=float(counted),
        ours=float(counted - len(differences)),
        judged=float(beyond),
        judged_unit="differ",
        low=float(beyond),
        high=float(len(differences)),
        n=counted,
        bound=0.0,
        better="lower",
        notes=(
            f"a difference at a top-2 gap below {NEAR_TIE} logits is a near tie; {len(near)} are",
            *map(str, differences),
        ),
    )
