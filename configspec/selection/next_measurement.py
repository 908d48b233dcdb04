"""What to measure next to tell from the best what is tied with it: more passes over two cells, or more prompts.

    m       by how much a configuration is behind the best, as a share
    c       how many spreads of m show it (`separation.py`)
    p, t    the spread that the choice of prompts gives m, and what the device was timed at

With f times as many prompts and g times as many passes the spread is sqrt(p^2 / f + t^2 / g), so if m stays what it is,
it is shown where p^2 / f + t^2 / g < (m / c)^2. Of more prompts, more passes and both in equal measure the one is named
that multiplies the work by the least. m may as well shrink: then the next ranking names more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from configspec.selection.separation import Gap
from configspec.theory.ids import Cell, ConfigurationId
from configspec.theory.objectives.objective import FigureName
from configspec.theory.profile import Configuration

MOST_TIMES = 100  # as much as was measured: what takes more will not be told apart
WORDS: Mapping[FigureName, str] = {
    "alpha": "acceptance",
    "round_s": "time of a round",
    "power_w": "power",
    "idle_w": "power of waiting",
    "prompt_tokens_per_s": "prompt speed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A configuration that is tied with the best, and what is known of it within bounds only, not by samples."""

    configuration: Configuration
    gap: Gap
    bounded: tuple[FigureName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMeasurement:
    """What would tell the configurations of one cell from the best.

    Attributes:
        separates: These configurations, all of one cell.
        cells: What to measure: this cell, and the best's where it is another.
        behind: By how much the nearest of them is behind the best, as a share.
        passes: More passes over each of the cells; 0: none are needed.
        rounds: How many more rounds these are, in each cell.
        prompts: More prompts, the same of all cells; 0: none are needed.
        passes_alone: How many more passes would do without more prompts; None where no number of them would.
        seconds: What the rounds take on the device, without opening models; None where none are needed.
        prompts_s: What the target takes to write after the prompts, by those that it wrote; None where none are needed,
            or nobody timed it.
        why_not: Why neither would do; else None.
    """

    separates: tuple[ConfigurationId, ...]
    cells: tuple[Cell, ...]
    behind: float
    passes: int = 0
    rounds: int = 0
    prompts: int = 0
    passes_alone: int | None = None
    seconds: float | None = None
    prompts_s: float | None = None
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How many times as many prompts and passes it takes."""

    prompts: float
    passes: float


def next_measurements(
    best: Configuration, rivals: Sequence[Rival], ranked: Sequence[Configuration]
) -> tuple[NextMeasurement, ...]:
    """What to measure, the least work first; then what cannot be told apart so.

    Args:
        best: That of the ranking.
        rivals: Tied with it, and worse by more than is of no interest.
        ranked: All, for how long a round of the largest K takes in a cell.
    """
    longest_s = _longest_s(ranked, [best, *(one.configuration for one in rivals)])
    able: dict[Cell, list[tuple[Rival, Growth]]] = {}
    unable: dict[tuple[Cell, str], list[Rival]] = {}
    for one in rivals:
        cell, growth = one.configuration.cell, growth_needed(one.gap)
        if growth is None:
            unable.setdefault((cell, _why_not(one)), []).append(one)
        else:
            able.setdefault(cell, []).append((one, growth))
    found = [_of_cell(best, cell, some, longest_s) for cell, some in able.items()]
    return (
        *sorted(found, key=lambda one: (one.prompts > 0, one.prompts, one.seconds or 0.0)),
        *(_without(best, cell, some, why) for (cell, why), some in unable.items()),
    )


def growth_needed(gap: Gap) -> Growth | None:
    """The least; None where it is above `MOST_TIMES`, or nothing that can be sampled would do."""
    if gap.behind <= 0 or gap.of_prompts == gap.of_times == 0:
        return None
    wanted = (gap.behind / gap.spreads_needed) ** 2
    both = max((gap.of_prompts**2 + gap.of_times**2) / wanted, 1.0)
    ways = [Growth(prompts=both, passes=both)]
    prompts, passes = _alone(wanted, gap.of_prompts, gap.of_times), _alone(wanted, gap.of_times, gap.of_prompts)
    if prompts is not None:
        ways.append(Growth(prompts=prompts, passes=1.0))
    if passes is not None:
        ways.append(Growth(prompts=1.0, passes=passes))
    least = min(ways, key=lambda one: one.prompts * one.passes)
    return least if max(least.prompts, least.passes) <= MOST_TIMES else None


def passes_needed_alone(gap: Gap) -> float | None:
    """How many times as many passes would do by themselves; None where it is above `MOST_TIMES`, or none would."""
    if gap.behind <= 0:
        return None
    times = _alone((gap.behind / gap.spreads_needed) ** 2, gap.of_times, gap.of_prompts)
    return None if times is None or times > MOST_TIMES else times


def _alone(wanted: float, of_this: float, of_other: float) -> float | None:
    """By how much the one must grow where the other stays; None where the other has all that is allowed."""
    return max(of_this**2 / (wanted - of_other**2), 1.0) if wanted > of_other**2 else None


def _longest_s(ranked: Sequence[Configuration], some: Sequence[Configuration]) -> dict[Cell, float]:
    """Of the cells of some the time of a round of their largest K."""
    longest_s = {one.cell: 0.0 for one in some}
    names = {(cell.drafter.draft, cell.drafter.quant) for cell in longest_s}
    for one in ranked:
        cell = one.id.cell
        drafter = cell.drafter
        # Names first: there may be thousands of cells.
        if (drafter.draft, drafter.quant) in names and cell in longest_s:
            longest_s[cell] = max(longest_s[cell], one.round_s.value + one.going_back_s)
    return longest_s


def _of_cell(
    best: Configuration, cell: Cell, some: Sequence[tuple[Rival, Growth]], longest_s: Mapping[Cell, float]
) -> NextMeasurement:
    one = some[0][0].configuration
    cells = tuple(dict.fromkeys((cell, best.cell)))
    done = max(len(one.pass_samples_s), 1)
    passes = _more(done, max(growth.passes for _, growth in some))
    of_a_pass = math.ceil(sum(map(len, one.pass_samples_s)) / done) or len(one.round_samples_s)
    rounds = passes * of_a_pass
    prompts = _more(len(one.acceptance.by_prompt), max(growth.prompts for _, growth in some))
    prompt_s = one.acceptance.prompt_s
    alone = [passes_needed_alone(rival.gap) for rival, _ in some]
    known = [times for times in alone if times is not None]
    return NextMeasurement(
        separates=tuple(rival.configuration.id for rival, _ in some),
        cells=cells,
        behind=min(rival.gap.behind for rival, _ in some),
        passes=passes,
        rounds=rounds,
        prompts=prompts,
        passes_alone=max(_more(done, max(known)), 1) if len(known) == len(alone) else None,
        seconds=sum(rounds * longest_s[of] for of in cells) if rounds else None,
        prompts_s=prompts * prompt_s if prompts and prompt_s is not None else None,
    )


def _without(best: Configuration, cell: Cell, some: Sequence[Rival], why: str) -> NextMeasurement:
    return NextMeasurement(
        separates=tuple(rival.configuration.id for rival in some),
        cells=tuple(dict.fromkeys((cell, best.cell))),
        behind=min(rival.gap.behind for rival in some),
        why_not=why,
    )


def _why_not(rival: Rival) -> str:
    if rival.bounded:
        names = " and ".join(WORDS[name] for name in rival.bounded)
        return f"{names}: known within bounds only, which more rounds and prompts do not narrow"
    return f"so little behind that it takes more than {MOST_TIMES} times what was measured"


def _more(done: int, times: float) -> int:
    """How many more, where so many times as many as were done are needed."""
    return max(math.ceil(done * times), done + 1) - done if times > 1 else 0
