"""Predicted against measured goodput, of the configurations that were decoded for real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

from configspec.records.decoded import EndToEnd
from configspec.records.power import NO_METER
from configspec.records.row import Row
from configspec.reporting.document import Block, Cell, Column, Interval, Notes, Paragraph, Section, Table
from configspec.reporting.figure_words import figure
from configspec.reporting.rows_to_rank import RankedRow
from configspec.theory.ids import ConfigurationId, setting_names, setting_values
from configspec.theory.prediction import PredictionError, prediction_error

SETTINGS_AT = 2  # in which place of the columns
HEADING = "prediction against real decoding"
COLUMNS = (
    Column(title="draft"),
    Column(title="quant"),
    Column(title="K", kind="count"),
    Column(title="measured", kind="figure"),
    Column(title="predicted", kind="figure"),
    Column(title="error", kind="error"),
    Column(title="tokens per round", kind="ratio"),
    # These four share the time.
    Column(title="drafting", kind="share"),
    Column(title="link", kind="share"),
    Column(title="verifying", kind="share"),
    Column(title="rest", kind="share"),
)
ENERGY_COLUMNS = (
    Column(title="K", kind="count"),
    Column(title="measured", kind="figure"),
    Column(title="interval", kind="interval"),
    Column(title="predicted"),
    Column(title="error"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionReport:
    """One device and family: each configuration that was decoded, and how wrong its prediction was."""

    device: str
    family: str
    decoded: tuple[tuple[ConfigurationId, EndToEnd], ...]
    error: PredictionError

    def as_json(self) -> dict[str, object]:
        """Plain JSON: the errors, and both goodputs of each configuration."""
        return {
            "device": self.device,
            "family": self.family,
            **asdict(self.error),
            "goodput_tokens_per_s": [
                {
                    "draft": it.draft,
                    "quant": it.quant,
                    "settings": dict(it.cell.settings),
                    "k": it.k,
                    "predicted": found.predicted_goodput_tokens_per_s,
                    "measured": found.goodput_tokens_per_s,
                    "energy_j_per_token": None if found.energy_j_per_token is None else found.energy_j_per_token.value,
                    "predicted_energy_j_per_token": found.predicted_energy_j_per_token,
                }
                for it, found in self.decoded
            ],
        }


def prediction_reports(rows: Sequence[Row] | Sequence[RankedRow]) -> tuple[PredictionReport, ...]:
    """A report for each device and family of which something was decoded for real, in the rows' order."""
    groups: dict[tuple[str, str], list[tuple[ConfigurationId, EndToEnd]]] = {}
    for row in rows:
        if row.end_to_end is not None:
            groups.setdefault((row.device, row.family), []).append((row.id, row.end_to_end))
    return tuple(
        PredictionReport(
            device=device,
            family=family,
            decoded=tuple(group),
            error=prediction_error(
                [found.predicted_goodput_tokens_per_s for _, found in group],
                [found.goodput_tokens_per_s for _, found in group],
            ),
        )
        for (device, family), group in groups.items()
    )


def prediction_section(reports: Sequence[PredictionReport]) -> Section | None:
    """A table for each report, its verdict below; None where nothing was decoded for real."""
    if not reports:
        return None
    return Section(heading=HEADING, blocks=tuple(_section(report) for report in reports))


def prediction_verdicts(reports: Sequence[PredictionReport]) -> tuple[str, ...]:
    """A line for each report: how far off its predictions were."""
    return tuple(f"{report.device}, {report.family}: {_verdict(report.error)}" for report in reports)


def _section(report: PredictionReport) -> Section:
    names = setting_names(it.cell for it, _ in report.decoded)
    columns = (*COLUMNS[:SETTINGS_AT], *(Column(title=name) for name in names), *COLUMNS[SETTINGS_AT:])
    rows = tuple(_cells(it, found, names) for it, found in report.decoded)
    return Section(
        heading=f"{report.device}, {report.family}",
        summary="goodput, tokens/s",
        blocks=(Table(columns=columns, rows=rows), Paragraph(text=_verdict(report.error)), *_energy(report, names)),
    )


def _energy(report: PredictionReport, names: Sequence[str]) -> tuple[Block, ...]:
    """Joules a token, waiting included, where a meter was read; else why there are none, once."""
    metered = [(it, found) for it, found in report.decoded if found.energy_j_per_token is not None]
    reasons = [one for _, found in report.decoded if (one := found.energy_reason) and one != NO_METER]
    notes = () if not reasons else (Notes(lines=tuple(f"no energy: {one}" for one in dict.fromkeys(reasons))),)
    if not metered:
        return notes
    columns = (*COLUMNS[:SETTINGS_AT], *(Column(title=name) for name in names), *ENERGY_COLUMNS)
    rows = tuple(_energy_cells(it, found, names) for it, found in metered)
    errors = sorted(abs(found.energy_error) for _, found in metered if found.energy_error is not None)
    told = f"prediction error of energy: median {median(errors):.1%}, worst {errors[-1]:.1%}" if errors else ""
    table = Section(
        heading="energy of the device, waiting included, J/token",
        blocks=(Table(columns=columns, rows=rows), *([Paragraph(text=told)] if told else [])),
    )
    return (table, *notes)


def _energy_cells(it: ConfigurationId, found: EndToEnd, names: Sequence[str]) -> tuple[Cell, ...]:
    measured, predicted, error = found.energy_j_per_token, found.predicted_energy_j_per_token, found.energy_error
    assert measured is not None
    return (
        it.draft,
        it.quant,
        *setting_values(it.cell, names),
        it.k,
        measured.value,
        Interval(low=measured.low, high=measured.high),
        "not known" if predicted is None else figure(predicted),
        "" if error is None else f"{error:+.1%}",
    )


def _cells(it: ConfigurationId, found: EndToEnd, names: Sequence[str]) -> tuple[Cell, ...]:
    parts_s = (found.drafting_s, found.link_s, found.verification_s, found.bookkeeping_s)
    return (
        it.draft,
        it.quant,
        *setting_values(it.cell, names),
        it.k,
        found.goodput_tokens_per_s,
        found.predicted_goodput_tokens_per_s,
        found.error,
        found.tokens / found.rounds,
        *(part_s / found.total_s for part_s in parts_s),
    )


def _verdict(error: PredictionError) -> str:
    count = "1 configuration" if error.configurations == 1 else f"{error.configurations} configurations"
    rank = "" if error.rank_correlation is None else f", rank correlation {error.rank_correlation:.2f}"
    return (
        f"prediction error of {count}: median {error.median_error:.1%}, "
        f"worst {error.worst_error:.1%}{rank}; regret of the predicted best {error.regret:.1%}"
    )
