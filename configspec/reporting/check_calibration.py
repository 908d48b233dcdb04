"""What a testbed can show, as a document and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator

from configspec.histories.judge_calibration import Calibrated, Calibrations
from configspec.reporting.document import Cell, Column, Document, Notes, Paragraph, Section, Table

FORMAT = 1  # of the JSON
COLUMNS = tuple(
    Column(title=title)
    for title in (
        "device",
        "metric",
        "series",
        "nights",
        "spread",
        "of the night",
        "drift",
        "nightly",
        "release",
        "floor",
    )
)
NAMES = 5


def calibration_document(found: Calibrations) -> Document:
    """A line for each device and metric; what would be seen, and the floors that are below it."""
    words = (
        f"{found.runs} runs. Spread is between runs of one build. `nightly` and `release` are the smallest loss that "
        "is seen in 80 % of cases: by a history of these nights, and by 8 runs a side, of one series."
    )
    table = Table(columns=COLUMNS, rows=tuple(map(_row, found.groups)))
    lines = tuple(_notes(found))
    notes = [Notes(lines=lines)] if lines else []
    return Document(sections=(Section(heading="calibration", blocks=(Paragraph(text=words), table, *notes)),))


def calibration_json(found: Calibrations) -> dict[str, object]:
    """The same; infinite degrees of freedom are null."""
    return {
        "format": FORMAT,
        "runs": found.runs,
        "counted": found.counted,
        "nondeterministic": list(found.unsteady),
        "notes": list(found.notes),
        "floors": [_group_json(one) for one in found.groups],
    }


def _group_json(one: Calibrated) -> dict[str, object]:
    return {
        "series": one.as_floor.pattern,
        "device": one.device,
        "metric": one.metric.name,
        "count": one.series,
        "runs": one.runs,
        "nights": one.nights,
        "log_sd": one.spread.log_sd,
        "degrees": one.spread.degrees if math.isfinite(one.spread.degrees) else None,
        "night_share": one.night_share,
        "drift": one.drift,
        "drifting": one.drifts,
        "visible_nightly": one.nightly,
        "visible_release": one.release,
        "floor": one.floor,
        "warning": one.warning,
    }


def _row(one: Calibrated) -> tuple[Cell, ...]:
    return (
        one.device,
        one.metric.name,
        str(one.series),
        str(one.nights),
        f"{one.spread.log_sd:.2%}",
        "" if one.night_share is None else f"{one.night_share:.0%}",
        f"{one.drift:+.1%}",
        f"{one.nightly:.1%}",
        f"{one.release:.1%}",
        f"{one.floor:.1%}",
    )


def _notes(found: Calibrations) -> Iterator[str]:
    for one in found.groups:
        where = f"{one.device}, {one.metric.name}"
        if one.warning is not None:
            yield f"{where}: {one.warning}"
        if one.drifts:
            yield f"{where}: {one.drifts} of {one.series} series drift: these runs are not alike, their spread misleads"
    if found.unsteady:
        names = ", ".join(found.unsteady[:NAMES]) + (" and more" if len(found.unsteady) > NAMES else "")
        yield f"NONDETERMINISTIC, counts differ between runs: {len(found.unsteady)} of {found.counted}: {names}"
    elif found.counted:
        yield f"acceptance: {found.counted} configurations were counted more than once, each time equal"
    yield from found.notes
