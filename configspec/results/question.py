"""What is asked of results: which rows, by which objectives, under which assumptions. As `configspec rank` takes it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from numbers import Integral, Real
from typing import TypeAlias, TypedDict, TypeVar, get_args

from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.reporting.filled_rows import answer_of, none_left
from configspec.reporting.plausibility import flagged, implausible
from configspec.reporting.profile_cells import family_profiles
from configspec.reporting.ranking_baselines import Alone, alone_of
from configspec.reporting.rows_to_rank import RankedRow
from configspec.selection.candidates import Group, groups_of
from configspec.selection.query import Query
from configspec.selection.ranking import DEFAULT_RULES
from configspec.testbed.k_range import check_held, parse_k
from configspec.testbed.select import select_names
from configspec.theory.ids import MAX_K
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import objective as named_objective
from configspec.theory.objectives.registry import usual
from configspec.theory.serving.assumed import Assumed as OverRecorded
from configspec.theory.serving.assumptions import LEAST_USD, LEAST_VERIFY_S, MOST_USD, MOST_VERIFY_S, EnergyBoundary
from configspec.theory.serving.billing import Bills
from configspec.theory.serving.request import LEAST_TOKENS_PER_S, MOST_TOKENS, MOST_TOKENS_PER_S

Names: TypeAlias = str | Collection[str]
Ks: TypeAlias = int | str | Collection[int]
Word = TypeVar("Word", bound=str)
LETTERS = 60  # of a wrong value in a message


class Assumed(TypedDict, total=False):
    """Serving assumptions in place of those that were recorded, and which rows count.

    Attributes:
        verify_s: Seconds to verify a round, link included, whatever its K.
        usd_per_million: Price of a million tokens at the verifier.
        bills: What a round is billed as: "drafted" (K tokens) or "drafted+1".
        energy: What the device's energy counts: "drafting", or "drafting+waiting".
        prompt_tokens: Tokens of the prompt of a request.
        new_tokens: Tokens that are generated after it.
        target_prompt_tokens_per_s: How fast the target reads a prompt.
        allow_throttled: Whether to take what was measured while the device throttled, or changed its mode, too.
        fill: Whether to weigh what nobody measured too, modelled with its error: other K, drafters that a device lacks.
    """

    verify_s: float
    usd_per_million: float
    bills: Bills
    energy: EnergyBoundary
    prompt_tokens: int
    new_tokens: int
    target_prompt_tokens_per_s: float
    allow_throttled: bool
    fill: bool


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
    _all_known(assumed)
    query, chosen = _query(asked, objectives, **assumed), asked.of(rows)
    if isinstance(asked.k, str) and not query.fill:
        check_held(asked.k, (row.id.k for row in chosen), where="k")
    chosen = flagged(chosen, implausible(chosen))
    groups = groups_of(answer_of(chosen, query, rows))
    if not groups:
        held = ", ".join(map(str, sorted({row.id.k for row in chosen})))
        raise UsageError(f"k is {_shown(asked.k)}, and the rows have K {held}.{none_left(chosen, query, rows)}")
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


def number(name: str, value: object, least: float, most: float) -> float:
    """A number within bounds.

    Raises:
        UsageError: It is none, or outside.
    """
    found = math.nan
    if not isinstance(value, bool) and isinstance(value, Real):
        with suppress(OverflowError):  # a whole number of any length
            found = float(value)
    if not least <= found <= most:
        raise UsageError(f"{name} is {_shown(value)}; it takes a number, {least:g} to {most:g}.")
    return found


def _all_known(assumed: Assumed) -> None:
    unknown = [name for name in assumed if name not in Assumed.__annotations__]
    if unknown:
        known = did_you_mean(unknown[0], Assumed.__annotations__)
        raise UsageError(f"{printable(unknown[0], at_most=LETTERS)}: no such assumption. {known}")


def _query(
    asked: Asked,
    objectives: Sequence[Objective],
    *,
    verify_s: float | None = None,
    usd_per_million: float | None = None,
    bills: Bills | None = None,
    energy: EnergyBoundary | None = None,
    prompt_tokens: int | None = None,
    new_tokens: int | None = None,
    target_prompt_tokens_per_s: float | None = None,
    allow_throttled: bool = False,
    fill: bool = False,
) -> Query:
    return Query(
        objectives=objectives,
        ks=None if asked.k is None else _lengths(asked.k),
        assumed=OverRecorded(
            verify_s=_within("verify_s", verify_s, LEAST_VERIFY_S, MOST_VERIFY_S),
            usd_per_million_tokens=_within("usd_per_million", usd_per_million, LEAST_USD, MOST_USD),
            bills=_word("bills", bills, get_args(Bills)),
            energy_boundary=_word("energy boundary", energy, get_args(EnergyBoundary)),
            prompt_tokens=_whole("prompt_tokens", prompt_tokens, 0),
            new_tokens=_whole("new_tokens", new_tokens, 1),
            target_prompt_tokens_per_s=_within(
                "target_prompt_tokens_per_s", target_prompt_tokens_per_s, LEAST_TOKENS_PER_S, MOST_TOKENS_PER_S
            ),
        ),
        fill=_yes_or_no("fill", fill),
        rules=replace(DEFAULT_RULES, top=None, allow_throttled=bool(allow_throttled)),
    )


def _within(name: str, value: object, least: float, most: float) -> float | None:
    return None if value is None else number(name, value, least, most)


def _whole(name: str, value: object, least: int) -> int | None:
    if value is not None and not _is_whole(value):
        raise UsageError(f"{name} is {_shown(value)}; it takes a whole number, {least} to {MOST_TOKENS}.")
    found = _within(name, value, least, MOST_TOKENS)
    return None if found is None else int(found)


def _lengths(k: Ks) -> tuple[int, ...]:
    if isinstance(k, str):
        return parse_k(k, where="k")
    several = list(islice(k, MAX_K + 1)) if isinstance(k, Collection) else [k]
    return parse_k([int(one) if _is_whole(one) else one for one in several], where="k")


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)  # numpy has whole numbers of its own


def _word(name: str, value: Word | None, known: Iterable[str]) -> Word | None:
    if value is not None and value not in known:
        raise UsageError(f"{name} is {_shown(value)}. {did_you_mean(str(value), known)}")
    return value


def _yes_or_no(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name} is {_shown(value)}; it takes True or False.")
    return value


def _several(name: str, given: object) -> list[str]:
    if given is None:
        return []
    found = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    names = [one for one in found if isinstance(one, str)]
    if not names or len(names) < len(found):
        raise UsageError(f"{name} is {_shown(given)}; it takes a name, or several.")
    return names


def _one_name(name: str, given: Names | None) -> str | None:
    names = _several(name, given)
    return names[0] if len(names) == 1 and not set("*?[") & set(names[0]) else None


def _shown(value: object) -> str:
    return printable(repr(value), at_most=LETTERS)
