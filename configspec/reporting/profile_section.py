"""What was measured, before anything is ranked: drafting speed, acceptance, power and heat, a line for each cell.

Below them stands, for each family, what is known of its target without a draft.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from configspec.reporting.alone_words import alone_lines
from configspec.reporting.document import Block, Cell, Column, Interval, Notes, Section, Table
from configspec.reporting.positions import Positions, Shares
from configspec.reporting.power_words import (
    NOTHING,
    degrees_words,
    no_degrees_reason,
    no_watts_reason,
    watts_words,
)
from configspec.reporting.profile_cells import CellProfile, FamilyProfile, acceptance_length
from configspec.theory.ids import setting_names, setting_values

HEADING = "profiles"
MOST_CELLS = 12  # of a family; a terminal's page holds no more
ALL_CELLS = "configspec rank FILE --format markdown"
NAMES = (Column(title="device"), Column(title="draft"), Column(title="quant"))
SPEED = (
    Column(title="K", kind="count"),
    Column(title="tokens/s", kind="figure"),
    Column(title="interval", kind="interval"),
)
PROMPT, REMARKS_COLUMN = Column(title="prompt", kind="figure"), Column(title="")
ABOUT_PROMPT = "prompt: tokens/s with which the device evaluates one"
WATTS, DEGREES = Column(title="W"), Column(title="°C")
ABOUT_WATTS = "W: mean power while drafting, its interval, and what is inside it as far as that is known"
ABOUT_DEGREES = "°C: from the coolest beginning to the hottest that was seen in a pass; one figure: when the cell began"
MOST_POSITIONS = 7  # of which more are shown as the first five and the last
REMARKS = 2  # of a line


def profile_section(families: Sequence[FamilyProfile], positions: Positions, most: int | None = MOST_CELLS) -> Section:
    """A section for each family, with its first `most` cells by goodput; None shows all."""
    return Section(heading=HEADING, blocks=tuple(_family(one, positions, most) for one in families))


def _family(family: FamilyProfile, positions: Positions, most: int | None) -> Section:
    shown = replace(family, cells=family.cells[:most])
    lines = _Lines(cells=shown.cells, settings=setting_names(one.cell for one in shown.cells))
    hidden = len(family.cells) - len(shown.cells)
    more = [f"the first {len(shown.cells)} of {len(family.cells):,} cells by goodput; all: {ALL_CELLS}"]
    blocks: list[Block] = [_speed(lines), _acceptance(lines, positions), _power(lines)]
    blocks.append(Section(heading="the target without a draft", blocks=(Notes(lines=tuple(alone_lines(family))),)))
    return Section(heading=family.family, summary=more[0] if hidden else "", blocks=tuple(blocks))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """The cells that are shown, in order, and the settings that tell them apart."""

    cells: tuple[CellProfile, ...]
    settings: tuple[str, ...]

    def table(self, columns: Sequence[Column], of_cell: Callable[[CellProfile], Iterable[Cell]]) -> Table:
        """A line for each cell: its names, its settings, and what else is said of it."""
        return Table(
            columns=(*NAMES, *(Column(title=name) for name in self.settings), *columns),
            rows=tuple((*self._names(one), *of_cell(one)) for one in self.cells),
        )

    def _names(self, one: CellProfile) -> tuple[Cell, ...]:
        it = one.cell
        return it.device, it.drafter.draft, it.drafter.quant, *setting_values(it, self.settings)

    def reasons(self, what: str, reasons: Iterable[str | None]) -> Iterator[str]:
        """A line for each reason why something is not known, and of how many cells if not of all."""
        for reason, count in Counter(filter(None, reasons)).items():
            of = "" if count == len(self.cells) else f" of {count} cell{'s' * (count > 1)}"
            yield f"{what}{of}: {reason}"


def _speed(lines: _Lines) -> Section:
    prompts = [one.largest.prompt_tokens_per_s for one in lines.cells]
    known = any(prompts)

    def of_cell(one: CellProfile) -> Iterator[Cell]:
        speed, prompt = one.speed, one.largest.prompt_tokens_per_s
        yield from (one.largest.k, speed.value, Interval(low=speed.low, high=speed.high))
        if known:
            yield NOTHING if prompt is None else prompt.value
        yield remarks(one)

    table = lines.table((*SPEED, *([PROMPT] if known else []), REMARKS_COLUMN), of_cell)
    notes = [Notes(lines=(ABOUT_PROMPT,))] if known else []
    return Section(heading="drafting speed at the largest K", blocks=(table, *notes))


def remarks(one: CellProfile) -> str:
    """A word or two: not measured, and what to know before using it; the rankings' notes say it in full."""
    provenance = one.largest.provenance
    words = [*([provenance] if provenance != "measured" else []), *(code.replace("_", " ") for code in one.codes)]
    more = len(words) - REMARKS
    return ", ".join((*words[:REMARKS], *([f"{more} more"] if more > 0 else [])))


def _acceptance(lines: _Lines, positions: Positions) -> Section:
    ks = few_ks(lines.cells)
    found = {one.cell: positions.of(one.largest, one.facts.acceptance_sha256) for one in lines.cells}
    known = any(not isinstance(shares, str) for shares in found.values())

    def of_cell(one: CellProfile) -> Iterator[Cell]:
        rates = {each.k: each.acceptance.rate.value for each in one.by_k}
        yield from (rates.get(k, NOTHING) for k in ks)
        yield acceptance_length(one.largest)
        if known:
            yield shares_words(found[one.cell])

    columns = (
        *(Column(title=f"K={k}", kind="share") for k in ks),
        Column(title="AL", kind="ratio"),
        *([Column(title="by position, %")] if known else []),
    )
    by_position = "; by position: share of its rounds in which the 1st, 2nd, ... token is accepted" if known else ""
    notes = (
        f"AL: acceptance length, 1 + accepted / rounds, at the largest K of the line{by_position}",
        *lines.reasons("by position is not known", (one if isinstance(one, str) else None for one in found.values())),
    )
    return Section(
        heading="acceptance rate, accepted / drafted, by K", blocks=(lines.table(columns, of_cell), Notes(lines=notes))
    )


def few_ks(cells: Sequence[CellProfile]) -> tuple[int, ...]:
    """The smallest, a middle and the largest K; of those between, one that most cells have, as near the middle as can.

    Args:
        cells: At least one.
    """
    counts = Counter(each.k for one in cells for each in one.by_k)
    ks = sorted(counts)
    between = ks[1:-1]
    if not between:
        return tuple(ks)
    middle = (len(ks) - 1) / 2
    place = max(range(1, len(ks) - 1), key=lambda at: (counts[ks[at]], -abs(at - middle)))
    return ks[0], ks[place], ks[-1]


def shares_words(shares: Shares | str) -> str:
    """Per cent for each position, or a dash; of many positions the first five and the last.

    >>> shares_words((0.9, 0.81, 0.5)), shares_words("why"), shares_words((1.0,) * 10)
    ('90 81 50', '-', '100 100 100 100 100 .. 100')
    """
    if isinstance(shares, str):
        return NOTHING
    words = [f"{share * 100:.0f}" for share in shares]
    return " ".join(words if len(words) <= MOST_POSITIONS else (*words[:5], "..", words[-1]))


def _power(lines: _Lines) -> Section:
    watts = [watts_words(one.facts.power) for one in lines.cells]
    degrees = [degrees_words(one.facts.heat) for one in lines.cells]
    columns = [column for column, words in ((WATTS, watts), (DEGREES, degrees)) if set(words) != {NOTHING}]
    shown = {
        one.cell: [words for column, words in ((WATTS, of_power), (DEGREES, of_heat)) if column in columns]
        for one, of_power, of_heat in zip(lines.cells, watts, degrees, strict=True)
    }
    notes = (
        *([ABOUT_WATTS] if WATTS in columns else []),
        *([ABOUT_DEGREES] if DEGREES in columns else []),
        *lines.reasons("no watts", _unless(watts, (no_watts_reason(one.facts.power) for one in lines.cells))),
        *lines.reasons("no temperature", _unless(degrees, (no_degrees_reason(one.facts.heat) for one in lines.cells))),
    )
    table = [lines.table(columns, lambda one: shown[one.cell])] if columns else []
    return Section(heading="power and heat", blocks=(*table, Notes(lines=notes)))


def _unless(words: Iterable[str], reasons: Iterable[str]) -> Iterator[str | None]:
    """The reason of each cell of which nothing is known."""
    return (reason if word == NOTHING else None for word, reason in zip(words, reasons, strict=True))
