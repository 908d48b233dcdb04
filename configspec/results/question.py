"""What is asked of results: which rows, by which objectives, under which assumptions. As `configspec rank` takes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.reporting.filled_rows import answer_of, none_left
from configspec.reporting.plausibility import flagged, implausible
from configspec.reporting.profile_cells import family_profiles
from configspec.reporting.ranking_baselines import Alone, alone_of
from configspec.reporting.rows_to_rank import RankedRow
from configspec.results.assumptions import LETTERS, Assumed, is_whole, read_assumed, shown
from configspec.selection.candidates import Group, groups_of
from configspec.selection.query import Query
from configspec.selection.ranking import DEFAULT_RULES
from configspec.testbed.k_range import check_held, parse_k
from configspec.testbed.select import select_names
from configspec.theory.ids import MAX_K
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import objective as named_objective
from configspec.theory.objectives.registry import usual
from configspec.theory.serving.keywords import check_assumed

Names: TypeAlias = str | Collection[str]
Ks: TypeAlias = int | str | Collection[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Devices and families by name or glob, one or several, and lengths: None asks for all."""

    device: Names | None
    family: Names | None
    k: Ks | None

    @property
    def one_device(self) -> str | None:
        """The device, if exactly one is named and no glob."""
        return _one_name("device", self.device)

    @property
    def one_family(self) -> str | None:
        """The family, in the same way."""
        return _one_name("family", self.family)

    def of(self, rows: Sequence[RankedRow]) -> list[RankedRow]:
        """The rows of these devices and families, at least one.

        Raises:
            UsageError: A name or glob matches nothing, or there is no row of both.
        """
        devices = select_names("device", [row.device for row in rows], _several("device", self.device))
        families = select_names("family", [row.family for row in rows], _several("family", self.family))
        chosen = [row for row in rows if row.device in devices and row.family in families]
        if not chosen:
            raise UsageError(f"no row is of {' or '.join(devices)} with {' or '.join(families)}.")
        return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The rows that were asked for, and the rankings of each device and family, at least one."""

    rows: Sequence[RankedRow]
    query: Query
    groups: tuple[Group, ...]

    def alone(self) -> Alone:
        """What is known of each family's target by itself."""
        return alone_of(family_profiles(self.rows, self.query))


def answer(rows: Sequence[RankedRow], asked: Asked, objectives: Sequence[Objective], assumed: Assumed) -> Answer:
    """Rank what is asked for by each of the objectives.

    Raises:
        UsageError: An assumption cannot be, or no row is left.
    """
    query, chosen = _query(asked, objectives, assumed), asked.of(rows)
    check_assumed(query.assumed, (row.serving for row in chosen), str)
    if isinstance(asked.k, str) and not query.fill:
        check_held(asked.k, (row.id.k for row in chosen), where="k")
    chosen = flagged(chosen, implausible(chosen))
    groups = groups_of(answer_of(chosen, query, rows))
    if not groups:
        held = ", ".join(map(str, sorted({row.id.k for row in chosen})))
        raise UsageError(f"k is {shown(asked.k)}, and the rows have K {held}.{none_left(chosen, query, rows)}")
    return Answer(rows=chosen, query=query, groups=groups)


def objectives_of(named: Names | None) -> tuple[Objective, ...]:
    """The objectives of these names, in their order; None: the usual ones.

    Raises:
        UsageError: There is none of that name, or none is named.
    """
    if named is None:
        return usual()
    names = _several("objective", named)
    return tuple(named_objective(printable(name, at_most=LETTERS)) for name in dict.fromkeys(names))


def _query(asked: Asked, objectives: Sequence[Objective], assumed: Assumed) -> Query:
    return Query(
        objectives=objectives,
        ks=None if asked.k is None else _lengths(asked.k),
        assumed=read_assumed(assumed),
        fill=_yes_or_no("fill", assumed.get("fill", False)),
        rules=replace(DEFAULT_RULES, top=None, allow_throttled=bool(assumed.get("allow_throttled", False))),
    )


def _lengths(k: Ks) -> tuple[int, ...]:
    if isinstance(k, str):
        return parse_k(k, where="k")
    several = list(islice(k, MAX_K + 1)) if isinstance(k, Collection) else [k]
    return parse_k([int(one) if is_whole(one) else one for one in several], where="k")


def _yes_or_no(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name} is {shown(value)}; it takes True or False.")
    return value


def _several(name: str, given: object) -> list[str]:
    if given is None:
        return []
    found = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    names = [one for one in found if isinstance(one, str)]
    if not names or len(names) < len(found):
        raise UsageError(f"{name} is {shown(given)}; it takes a name, or several.")
    return names


def _one_name(name: str, given: Names | None) -> str | None:
    names = _several(name, given)
    return names[0] if len(names) == 1 and not set("*?[") & set(names[0]) else None
