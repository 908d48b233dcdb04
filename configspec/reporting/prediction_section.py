"""Predicted against measured goodput, of the configurations that were decoded for real."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from configspec.records.decoded import EndToEnd
from configspec.records.row import Row
from configspec.reporting.rankings import figure
from configspec.theory.prediction import PredictionError, prediction_error


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionReport:
    """One device and family: each configuration that was decoded, and how wrong its prediction was."""

    device: str
    family: str
    rows: tuple[Row, ...]
    error: PredictionError

    def as_json(self) -> dict[str, Any]:
        """Plain JSON: the errors, and both goodputs of each configuration."""
        return {
            "device": self.device,
            "family": self.family,
            **asdict(self.error),
            "goodput_tokens_per_s": [
                {
                    "draft": row.configuration.draft,
                    "quant": row.configuration.quant,
                    "k": row.configuration.k,
                    "predicted": _of(row).predicted_goodput_tokens_per_s,
                    "measured": _of(row).goodput_tokens_per_s,
                }
                for row in self.rows
            ],
        }


def prediction_reports(rows: Sequence[Row]) -> tuple[PredictionReport, ...]:
    """A report for each device and family of which something was decoded for real, in the rows' order."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.end_to_end is not None:
            groups.setdefault((row.configuration.device, row.configuration.family), []).append(row)
    return tuple(
        PredictionReport(
            device=device,
            family=family,
            rows=tuple(group),
            error=prediction_error(
                [_of(row).predicted_goodput_tokens_per_s for row in group],
                [_of(row).goodput_tokens_per_s for row in group],
            ),
        )
        for (device, family), group in groups.items()
    )


def _of(row: Row) -> EndToEnd:
    assert row.end_to_end is not None
    return row.end_to_end


COLUMNS = (
    "draft",
    "quant",
    "K",
    "measured",
    "predicted",
    "error",
    "tokens a round",
    "drafting",
    "link",
    "verifying",
    "rest",
)


def prediction_text(reports: Sequence[PredictionReport], width: int = 120) -> str:
    """Tables for a terminal; empty where nothing was decoded for real. The last four columns share the time."""
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False)
    for report in reports:
        console.print(f"{report.device}, {report.family}: goodput, tokens/s", soft_wrap=True)
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for place, name in enumerate(COLUMNS):
            table.add_column(name, justify="left" if place < 2 else "right")
        for row in report.rows:
            table.add_row(*_cells(row))
        console.print(table)
        console.print(_verdict(report.error), soft_wrap=True)
        console.print()
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _cells(row: Row) -> tuple[str, ...]:
    it, found = row.configuration, _of(row)
    shares = (found.drafting_s, found.link_s, found.verification_s, found.bookkeeping_s)
    return (
        it.draft,
        it.quant,
        str(it.k),
        figure(found.goodput_tokens_per_s),
        figure(found.predicted_goodput_tokens_per_s),
        f"{found.error:+.1%}",
        f"{found.tokens / found.rounds:.2f}",
        *(f"{share / found.total_s:.0%}" for share in shares),
    )


def _verdict(error: PredictionError) -> str:
    rank = "" if error.rank_correlation is None else f", rank correlation {error.rank_correlation:.2f}"
    return (
        f"prediction error of {error.configurations} configurations: median {error.median_error:.1%}, "
        f"worst {error.worst_error:.1%}{rank}; regret of the predicted best {error.regret:.1%}"
    )
