"""The prediction's error as a person and a program read it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from example_rows import DECODED, measured_row

from configspec.records.power import NO_METER
from configspec.records.row import Row
from configspec.reporting.prediction_section import prediction_reports, prediction_section
from configspec.reporting.terminal import section_body
from configspec.theory.figures import Estimate


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
        **{"energy_j_per_token": None, "predicted_energy_j_per_token": None},
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


METERED = replace(
    DECODED,
    energy_j=200.0,
    energy_reason=None,
    energy_tokens=100,
    energy_j_per_token=Estimate(value=2.0, low=1.9, high=2.1, confidence=0.95, n=50),
    predicted_energy_j_per_token=2.1,
)


def test_measured_energy_stands_beside_what_was_predicted() -> None:
    """200 J for 100 tokens, and 2.1 J a token predicted: 5 % too much, in the table and in the JSON."""
    (report,) = prediction_reports([measured_row(2, end_to_end=METERED)])
    section = prediction_section([report])
    assert section is not None
    text = section_body(section)
    line = next(line for line in text.splitlines() if "1.90 to 2.10" in line)
    assert line.split() == ["xs", "Q8_0", "2", "2.00", "1.90", "to", "2.10", "2.10", "+5.0%"]
    assert "prediction error of energy: median 5.0%, worst 5.0%" in text
    (one,) = json.loads(json.dumps(report.as_json()))["goodput_tokens_per_s"]
    assert (one["energy_j_per_token"], one["predicted_energy_j_per_token"]) == (2.0, 2.1)


def test_why_no_energy_was_measured_is_said_once() -> None:
    """A reason that all rows share is one line; a device without a declared meter is not spoken of."""
    silent = replace(DECODED, energy_reason="the meter stopped answering")
    undeclared = replace(DECODED, energy_reason=NO_METER)
    section = prediction_section(prediction_reports([measured_row(k, end_to_end=silent) for k in (1, 2)]))
    other = prediction_section(prediction_reports([measured_row(1, end_to_end=undeclared)]))
    assert section is not None
    assert other is not None
    assert section_body(section).count("no energy: the meter stopped answering") == 1
    assert "energy" not in section_body(other)


def test_nothing_is_said_where_nothing_was_decoded() -> None:
    """A run with --end-to-end none has no such section."""
    assert prediction_section(prediction_reports([measured_row(1)])) is None
