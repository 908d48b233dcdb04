"""Where the time and the energy of a token go, of the best configuration of each device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import final

from configspec.reporting.choice_words import name_of
from configspec.reporting.document import Column, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.pictures.bar_chart import Bar, BarChart, Part
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import Drawn, NoPicture, Picture, Sketch
from configspec.reporting.profile_cells import CellProfile, FamilyProfile
from configspec.selection.breakdown import TokenParts, token_parts

TIMES = ("drafting", "verification and link", "going back")
JOULES = ("drafting", "waiting")
MOST_BARS = 20


@final
class Breakdown:
    """Milliseconds and joules of a token."""

    name = "breakdown"
    purpose = "where a token's time and energy go, of each device's best"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """Two for each family."""
        for family in material.profiles:
            found = [(one, token_parts(one.best, one.serving)) for one in family.best_of_devices]
            yield partial(_times, self.name, family, found[:MOST_BARS], len(found))
            yield partial(_joules, self.name, family, found, len(found))


def _times(kind: str, family: FamilyProfile, found: Sequence[tuple[CellProfile, TokenParts]], count: int) -> Picture:
    each = [(one, (it.drafting_s, it.verifying_s, it.going_back_s)) for one, it in found]
    milliseconds = [(one, tuple(1000 * part for part in parts)) for one, parts in each]
    return _picture(kind, family, milliseconds, TIMES, "ms", f"Where a token's time goes: {family.family}", count)


def _joules(kind: str, family: FamilyProfile, found: Sequence[tuple[CellProfile, TokenParts]], count: int) -> Drawn:
    known = [(one, (it.drafting_j, it.waiting_j or 0.0)) for one, it in found if it.drafting_j is not None]
    each = [(one, (drafting, waiting)) for one, (drafting, waiting) in known if drafting is not None]
    if not each:
        reasons = dict.fromkeys(one.best.power_reason or "its power was not measured" for one, _ in found)
        return NoPicture(kind=kind, subject=family.family, why=f"energy of a token: {'; '.join(reasons)}")
    unknown = [one.cell.device for one, it in found if it.drafting_j is not None and it.waiting_j is None]
    words = (f"The energy of waiting is not known of {', '.join(unknown)}.",) if unknown else ()
    title = f"Where a token's energy goes: {family.family}"
    return _picture(kind, family, each[:MOST_BARS], JOULES, "J", title, count, words)


def _picture(
    kind: str,
    family: FamilyProfile,
    found: Sequence[tuple[CellProfile, tuple[float, ...]]],
    names: tuple[str, ...],
    unit: str,
    title: str,
    count: int,
    words: tuple[str, ...] = (),
) -> Picture:
    used = [place for place in range(len(names)) if place < 2 or any(parts[place] > 0 for _, parts in found)]
    drawn = f"Of {count} devices {len(found)} are drawn."
    return Picture(
        kind=kind,
        subject=family.family,
        title=title,
        words=(
            f"Of a verified token, {unit}, with the configuration of each device that has the best goodput.",
            *words,
            *((drawn,) if count > len(found) else ()),
        ),
        chart=BarChart(
            bars=tuple(
                _bar(one, [parts[place] for place in used], [names[place] for place in used], unit)
                for one, parts in found
            ),
            names=tuple(names[place] for place in used),
            title=f"{unit} of a token",
        ),
        table=Table(
            columns=(
                *(Column(title="device"), Column(title="configuration")),
                *(Column(title=f"{names[place]}, {unit}", kind="figure") for place in used),
                Column(title=f"all, {unit}", kind="figure"),
            ),
            rows=tuple(
                (one.cell.device, name_of(one.best.id), *(parts[place] for place in used), sum(parts))
                for one, parts in found
            ),
        ),
    )


def _bar(one: CellProfile, parts: Sequence[float], names: Sequence[str], unit: str) -> Bar:
    whole = sum(parts) or 1.0
    return Bar(
        name=f"{one.cell.device}, {name_of(one.best.id)}",
        parts=tuple(
            Part(value=part, says=f"{one.cell.device}: {name}: {figure(part)} {unit}, {part / whole:.0%}")
            for part, name in zip(parts, names, strict=True)
        ),
        sum_words=f"{figure(sum(parts))} {unit}",
    )
