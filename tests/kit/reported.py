"""Reports of rows, for tests of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drawn import material_of
from example_rows import DECODED, measured_row, whole_row

from configspec.records.power import Power
from configspec.records.row import Row
from configspec.reporting.report.reported import Reported
from configspec.theory.figures import Estimate
from configspec.theory.flags import flag

SPREAD = flag("spread", spread=0.3, samples=9, limit=0.1)


def reported(rows: Sequence[Row], title: str = "results.json") -> Reported:
    """A report of rows, compared with nothing."""
    return Reported(
        title=title,
        source=(f"file: {title}",),
        command="configspec report results.json -o report.html",
        rows=rows,
        material=material_of(rows),
    )


def measured_rows() -> list[Row]:
    """Two devices, one of them metered; notes, and a configuration that was decoded for real."""
    watts = Power(
        watts=Estimate(value=7.5, low=7.2, high=7.9, confidence=0.95, n=9),
        reason=None,
        boundary="board",
        provenance="measured",
    )
    metered = [replace(whole_row(k, device="orin"), power=watts, flags=(SPREAD,) if k == 3 else ()) for k in (1, 2, 3)]
    bare = [measured_row(k, device="rpi5") for k in (1, 2, 4)]
    return [*metered, *bare, measured_row(2, device="rpi5", end_to_end=DECODED)]
