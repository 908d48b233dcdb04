"""What was measured, cell by cell: the rows of a file or a run put together, those of a family with the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial

from configspec.records.verification import Verification
from configspec.reporting.rows_to_rank import RankedRow
from configspec.reporting.shown_facts import ShownFacts
from configspec.reporting.target_alone import TargetAlone, target_alone
from configspec.selection.query import Query
from configspec.theory.figures import Estimate
from configspec.theory.flags import Code
from configspec.theory.ids import Cell
from configspec.theory.objectives.goodput import Goodput
from configspec.theory.objectives.objective import figures_at, times_at
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving
from configspec.theory.timing import tokens_per_s

GOODPUT = Goodput()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProfile:
    """A cell with the figures of each K, ascending, and which K gives the best goodput under `serving`.

    `facts` are of the largest K.
    """

    cell: Cell
    by_k: tuple[Configuration, ...]
    facts: ShownFacts
    serving: Serving
    best: Configuration
    goodput_tokens_per_s: float

    @property
    def largest(self) -> Configuration:
        """That of the largest K."""
        return self.by_k[-1]

    @property
    def speed(self) -> Estimate:
        """Drafting speed at the largest K, tokens/s."""
        return tokens_per_s(self.largest.k, self.largest.round_s)

    @property
    def codes(self) -> tuple[Code, ...]:
        """What to know before using the figures of any K, each once."""
        return tuple(dict.fromkeys(flag.code for one in self.by_k for flag in one.flags))


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyProfile:
    """The cells of a family, the best goodput first; `alone` None: nobody timed a pass of its target."""

    family: str
    cells: tuple[CellProfile, ...]
    alone: TargetAlone | None

    @property
    def best_of_devices(self) -> tuple[CellProfile, ...]:
        """The best cell of each device."""
        found: dict[str, CellProfile] = {}
        for one in self.cells:
            found.setdefault(one.cell.device, one)
        return tuple(found.values())


def acceptance_length(one: Configuration) -> float:
    """AL: 1 + accepted / rounds, tokens that a round yields."""
    return 1 + one.k * one.acceptance.rate.value


def family_profiles(rows: Sequence[RankedRow], query: Query) -> tuple[FamilyProfile, ...]:
    """Each family of the rows, in their order, as far as the question asks for it.

    Of a configuration that is there twice the last row counts, as in a ranking, and a row of real decoding only where
    there is no other; of a device and family the last assumptions.
    """
    serving: dict[tuple[str, str], Serving] = {}
    families: dict[str, dict[Cell, dict[int, RankedRow]]] = {}
    passes: dict[str, list[tuple[int, Verification]]] = {}
    for row in rows:
        it = row.id
        serving[it.device, it.family] = row.serving
        if row.facts.verification is not None:
            passes.setdefault(it.family, []).append((it.k, row.facts.verification))
        if query.ks is None or it.k in query.ks:
            of_cell = families.setdefault(it.family, {}).setdefault(it.cell, {})
            if row.end_to_end is None or it.k not in of_cell:
                of_cell[it.k] = row
    asked = {group: query.serving(recorded) for group, recorded in serving.items()}
    times_s = {group: cache(partial(times_at, serving=one)) for group, one in asked.items()}  # of each K, once
    return tuple(
        FamilyProfile(
            family=family,
            cells=_best_first(
                _profile(cell, by_k, asked[cell.device, family], times_s[cell.device, family])
                for cell, by_k in cells.items()
            ),
            alone=target_alone(passes.get(family, ())),
        )
        for family, cells in families.items()
    )


def _profile(
    cell: Cell, by_k: dict[int, RankedRow], serving: Serving, times_s: Callable[[int], tuple[float, float]]
) -> CellProfile:
    ordered = [by_k[k] for k in sorted(by_k)]
    configurations = tuple(row.configuration for row in ordered)
    goodputs = [GOODPUT.value(figures_at(one, times_s(one.k)), serving) for one in configurations]
    best = max(range(len(goodputs)), key=goodputs.__getitem__)
    return CellProfile(
        cell=cell,
        by_k=configurations,
        facts=ordered[-1].facts,
        serving=serving,
        best=configurations[best],
        goodput_tokens_per_s=goodputs[best],
    )


def _best_first(cells: Iterable[CellProfile]) -> tuple[CellProfile, ...]:
    return tuple(sorted(cells, key=lambda one: -one.goodput_tokens_per_s))
