"""The prediction's error as a person and a program read it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from example_rows import DECODED, measured_row

from configspec.records.row import Row
from configspec.reporting.prediction_section import prediction_reports, prediction_section
from configspec.reporting.terminal import section_body


def row(k: int, measured: float, predicted: float, device: str = "board") -> Row:
    decoded = replace(DECODED, goodput_tokens_per_s=measured, predicted_goodput_tokens_per_s=predicted)
    return measured_row(k, device=device, end_to_end=decoded)


ROWS = [row(1, 100.0, 110.0), row(2, 200.0, 190.0), row(4, 150.0, 151.0), row(1, 10.0, 10.0, "other")]


def test_each_device_and_family_has_its_own_verdict() -> None:
    """Errors 10 %, 5 % and 0.7 %: the median is 5 %, the worst 10 %, and the best was predicted."""
    board, other = prediction_reports(ROWS)
    assert (board.device, board.error.configurations) == ("board", 3)
    assert board.error.median_error == pytest.approx(0.05)
    assert board.error.worst_error == pytest.approx(0.10)
    assert board.error.rank_correlation == pytest.approx(1.0)
    assert board.error.regret == 0
    assert other.error.rank_correlation is None


def test_the_json_holds_both_goodputs_of_every_configuration() -> None:
    """Finite, plain, and with the errors beside them."""
    document = [report.as_json() for report in prediction_reports(ROWS)]
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    board = json.loads(json.dumps(document))[0]
    assert board["goodput_tokens_per_s"][0] == {
        **{"draft": "xs", "quant": "Q8_0", "settings": {}, "k": 1},
        **{"predicted": 110.0, "measured": 100.0},
    }
    assert {"median_error", "worst_error", "rank_correlation", "regret"} <= set(board)


def test_the_table_shows_the_error_and_where_the_time_went() -> None:
    """One line a configuration, the verdict below."""
    section = prediction_section(prediction_reports(ROWS))
    assert section is not None
    text = section_body(section)
    line = next(line for line in text.splitlines() if line.split()[:3] == ["xs", "Q8_0", "1"])
    assert line.split()[3:] == ["100", "110", "+10.0%", "2.50", "20%", "10%", "60%", "10%"]
    assert (
        "prediction error of 3 configurations: median 5.0%, worst 10.0%, rank correlation 1.00; "
        "regret of the predicted best 0.0%"
    ) in text
    assert "prediction error of 1 configuration: median 0.0%, worst 0.0%; regret" in text


def test_nothing_is_said_where_nothing_was_decoded() -> None:
    """A run with --end-to-end none has no such section."""
    assert prediction_section(prediction_reports([measured_row(1)])) is None
