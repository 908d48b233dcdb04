"""Profiling every cell of a family against running real speculative decoding for each of its configurations.

    profile   the target writes once a prompt, each draft is scored once over that text, and rounds of the largest K are
              timed: counts and speeds of every (draft, quantisation, K) follow
    real      the device drafts K, the target verifies and corrects, to the end of each prompt, for every configuration

Both start with the libraries loaded and the drafts' files there, and nothing else: no text, no scores. Both must count
the same rounds and accepted tokens for every prompt, near ties apart (`agreement.py`).

Draft and target take turns on one machine here, and OpenMP's threads spin for a while after their work. Those of one
would then hold the processors that the other needs: on two of them that made the real runs a sixth slower, which is no
merit of ours. So both sides run with threads that sleep when they wait.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from agreement import Difference, Drafts, agreement, difference
from comparison import Line
from machine import Watch

from configspec.cache import Store
from configspec.devices.device import Begun, Device, DraftedTokens, open_device
from configspec.profiling.acceptance_trace import AcceptanceTrace
from configspec.profiling.rules import Greedy
from configspec.profiling.session import ProfilingSession
from configspec.profiling.speculative import Pair, SpeculativeRun, decode_speculatively
from configspec.profiling.target_text import ContinuedPrompt
from configspec.targets.registry import open_target
from configspec.targets.target import Target
from configspec.testbed.family_spec import FamilySpec
from configspec.testbed.inventory import Inventory
from configspec.theory.ids import Cell, Drafter
from configspec.theory.spacing import evenly

AT_LEAST_TIMES = 30.0
WAIT_POLICY = "OMP_WAIT_POLICY"  # read by the OpenMP library when it is loaded

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """What profiling left behind: the drafts' files and traces by drafter, and the seconds it took."""

    files: dict[Drafter, Path]
    traces: dict[Drafter, AcceptanceTrace]
    prompts: tuple[ContinuedPrompt, ...]
    seconds: float


class Witness:
    """A device that remembers what it drafted, and where in the text; in place of one, by shape."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._prompt_length = 0
        self.drafts: list[tuple[int, tuple[int, ...]]] = []

    def prefill(self, tokens: Sequence[int]) -> Begun:
        """Begin a prompt, and forget the one before."""
        self._prompt_length = len(tokens)
        self.drafts = []
        return self._device.prefill(tokens)

    def draft(self, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """Draft, and remember it."""
        drafted = self._device.draft(k, keep=keep, append=append)
        self.drafts.append((keep + len(append) - self._prompt_length, drafted.tokens))
        return drafted


def measure(inventory: Inventory, device: str, family: str, *, prompts: int | None, progress: Progress) -> list[Line]:
    """Both ways over one family on one device; the real one over `prompts` prompts of the set, None for all."""
    spec = inventory.families[family]
    with _threads_that_sleep(), tempfile.TemporaryDirectory(prefix="sweep-") as folder:
        store = Store(Path(folder))
        open_target(spec.target).close()  # importing torch is neither side's
        profiled = _profile(inventory, store, device, spec, progress)
        chosen = evenly(len(profiled.prompts), len(profiled.prompts) if prompts is None else prompts)
        real_s, differences, counted = _run_for_real(inventory, store, device, spec, profiled, chosen, progress)
    total = len(profiled.prompts)
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
    return [times, agreement(family, counted, differences)]


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
    with ProfilingSession(inventory, store, progress) as session:
        drafters = [Drafter(draft=draft, quant=quant) for draft in family.drafts for quant in family.quants]
        files = {drafter: session.workbench.draft_file(family, drafter) for drafter in drafters}
        watch = Watch()
        for drafter in drafters:
            session.rows(Cell(device=device, family=family.name, drafter=drafter), inventory.sweep.k)
        seconds = watch.elapsed_s()
        prompts = session.workbench.target_text(family).prompts
        traces = {drafter: session.workbench.acceptance(family, path) for drafter, path in files.items()}
    return Profiled(files=files, traces=traces, prompts=prompts, seconds=seconds)


def _run_for_real(
    inventory: Inventory,
    store: Store,
    device: str,
    family: FamilySpec,
    profiled: Profiled,
    places: Sequence[int],
    progress: Progress,
) -> tuple[float, list[Difference], int]:
    """Seconds of all configurations, what differs from the profile's counts, and how many counts were compared."""
    seconds = 0.0
    differences: list[Difference] = []
    prompts = profiled.prompts
    with open_device(inventory.devices[device], store.root) as drafter:
        watch = Watch()
        target = open_target(family.target)
        seconds += watch.elapsed_s()
        for proposed, path in profiled.files.items():
            progress(f"real speculative decoding: {family.name} {proposed}")
            watch = Watch()
            runs = _decode_all(drafter, target, path, {place: prompts[place] for place in places}, inventory)
            seconds += watch.elapsed_s()
            trace = profiled.traces[proposed]
            for (place, k), (run, drafts) in runs.items():
                matches, gaps = trace.matches[place], trace.prompts[place].scores.gap
                found = difference(str(proposed), prompts[place], matches, gaps, k, run, drafts)
                differences.extend([] if found is None else [found])
    return seconds, differences, len(profiled.files) * len(inventory.sweep.k) * len(places)


def _decode_all(
    device: Device, target: Target, path: Path, prompts: Mapping[int, ContinuedPrompt], inventory: Inventory
) -> dict[tuple[int, int], tuple[SpeculativeRun, Drafts]]:
    """Every prompt at every K with one draft, by (the prompt's place in the set, K)."""
    device.open_model(path)
    witness = Witness(device)
    runs: dict[tuple[int, int], tuple[SpeculativeRun, Drafts]] = {}
    for k in inventory.sweep.k:
        for place, one in prompts.items():
            pair = Pair(device=cast(Device, witness), target=target, rule=Greedy())
            run = decode_speculatively(pair, one.prompt, k, inventory.sweep.new_tokens)
            runs[place, k] = run, witness.drafts
    return runs
