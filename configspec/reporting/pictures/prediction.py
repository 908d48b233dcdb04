"""Predicted against measured goodput, of what was decoded for real."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import final

from configspec.records.decoded import EndToEnd
from configspec.reporting.choice_words import name_of
from configspec.reporting.document import Column, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.pictures.looks import LOOKS
from configspec.reporting.pictures.material import Material
from configspec.reporting.pictures.picture import NoPicture, Picture, Sketch
from configspec.reporting.pictures.scatter_chart import ScatterChart, Spot
from configspec.reporting.prediction_section import PredictionReport
from configspec.theory.ids import ConfigurationId

MOST_SPOTS = 40
NOTHING = "nothing was decoded for real: --end-to-end sample decodes some configurations"


@final
class Prediction:
    """A mark for each configuration that was decoded; on the broken line both are equal."""

    name = "prediction"
    purpose = "predicted against measured goodput of what was decoded for real"

    def sketches(self, material: Material) -> Iterator[Sketch | NoPicture]:
        """One for each family."""
        families: dict[str, list[PredictionReport]] = {}
        for report in material.decoded:
            families.setdefault(report.family, []).append(report)
        for family, reports in families.items():
            yield partial(_drawn, self.name, family, reports)
        for profile in material.profiles:
            if profile.family not in families:
                yield NoPicture(kind=self.name, subject=profile.family, why=NOTHING)


def _drawn(kind: str, family: str, reports: Sequence[PredictionReport]) -> Picture:
    found = [one for report in reports for one in report.decoded]
    shown = sorted(found, key=lambda one: -abs(one[1].error))[:MOST_SPOTS]
    devices = list(dict.fromkeys(it.device for it, _ in shown))
    more = f"Of {len(found)} the {MOST_SPOTS} with the largest errors are drawn."
    return Picture(
        kind=kind,
        subject=family,
        title=f"Predicted against measured goodput: {family}",
        words=(
            "On the broken line both are equal; above it more was measured than predicted.",
            *(_error(report) for report in reports),
            *((more,) if len(found) > len(shown) else ()),
        ),
        chart=ScatterChart(
            spots=tuple(_spot(it, decoded, devices) for it, decoded in shown),
            names=tuple(devices[:LOOKS]),
            x_title="predicted goodput, tokens/s",
            y_title="measured, tokens/s",
            equal=True,
        ),
        table=Table(
            columns=(
                *(Column(title="device"), Column(title="configuration")),
                *(Column(title="predicted", kind="figure"), Column(title="measured", kind="figure")),
                Column(title="error", kind="error"),
            ),
            rows=tuple(
                (
                    *(it.device, name_of(it)),
                    *(one.predicted_goodput_tokens_per_s, one.goodput_tokens_per_s, one.error),
                )
                for it, one in shown
            ),
        ),
    )


def _error(report: PredictionReport) -> str:
    error = report.error
    return f"{report.device}: median error {error.median_error:.1%}, worst {error.worst_error:.1%}."


def _spot(it: ConfigurationId, one: EndToEnd, devices: Sequence[str]) -> Spot:
    predicted, measured = one.predicted_goodput_tokens_per_s, one.goodput_tokens_per_s
    return Spot(
        x=predicted,
        y=measured,
        series=devices.index(it.device) % LOOKS,
        says=f"{it}: predicted {figure(predicted)}, measured {figure(measured)} tokens/s ({one.error:+.1%})",
    )
