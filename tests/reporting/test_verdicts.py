"""Verdicts in every form: capped, escaped, and whole."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from damage import HOSTILE_TEXTS
from judged_runs import configuration, made_run, scaled

from configspec.histories.check_series import Asked
from configspec.histories.floors import Floors
from configspec.histories.judge_side_by_side import side_by_side
from configspec.histories.judging import Checked, CheckRequest, checked
from configspec.regression.metrics import GOODPUT
from configspec.regression.series import SeriesKey
from configspec.regression.states import STATES, State, Verdict, outcome
from configspec.reporting.comparison_document import comparison_document, comparison_json, run_names
from configspec.reporting.markdown import as_markdown
from configspec.reporting.terminal import as_text
from configspec.reporting.verdicts_document import (
    check_document,
    markdown_within,
    release_document,
)
from configspec.reporting.verdicts_json import checked_json
from configspec.reporting.verdicts_junit import checked_junit

ATTACKS = [text for text in HOSTILE_TEXTS if text]


def verdict(name: str = "orin", state: State = "REGRESSED", reason: str = "slower", k: int = 4) -> Verdict:
    it = SeriesKey(configuration=configuration(k, name), metric=GOODPUT)
    return Verdict(
        series=it, state=state, reason=reason, ratio=0.9, low=0.8, high=1.0, runs=3, base_runs=14, floor=0.03
    )


def found(*verdicts: Verdict, notes: tuple[str, ...] = ()) -> Checked:
    return Checked(outcome=outcome(verdicts), notes=notes)


def test_every_state_is_shown_and_counted():
    """In each form."""
    all_states = found(*(verdict(state=state, k=k) for k, state in enumerate(STATES, 1)))
    text, page = as_text(check_document(all_states), 160), markdown_within(all_states)
    for state in STATES:
        assert f"1 {state}" in text
        assert state in page.replace("\\", "")
    assert set(checked_json(all_states)["counts"]) == set(STATES)  # type: ignore[call-overload]


def test_nothing_compared_is_a_failure_in_each_form():
    """Silence is no pass."""
    silent = found(verdict(state="INCOMPARABLE"))
    assert "failed, since nothing was compared" in as_text(check_document(silent))
    assert checked_json(silent)["ok"] is False
    suite = ElementTree.fromstring(checked_junit(silent)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "1")


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_names_stay_text(attack):
    """In a terminal, in Markdown, in XML and in JSON."""
    hostile = found(verdict(name=attack, reason=attack), notes=(attack,))
    for line in as_text(check_document(hostile), 160).splitlines():
        assert line.isprintable()
    assert "<script" not in markdown_within(hostile)
    suite = ElementTree.fromstring(checked_junit(hostile)).find("testsuite")
    assert suite is not None
    assert len(suite) == 1
    assert json.loads(json.dumps(checked_json(hostile)))["series"][0]["device"] == attack


def test_a_job_summary_stays_below_its_limit():
    """With 5,000 series of long names: rows are capped, and those left out counted."""
    many = found(*(verdict(name="<&|" * 40, k=k, reason="*" * 300) for k in range(1, 5001)))
    page = markdown_within(many)
    assert len(page.encode()) < 1 << 20
    assert "more series" in page
    assert len(markdown_within(many, release=True, most_bytes=50_000).encode()) <= 50_000


def test_a_release_ends_with_the_geometric_mean():
    """Also where rows are capped; `~` where nothing is shown."""
    both = found(verdict(state="PASS"), replace(verdict(k=8), ratio=1.6))
    lines = as_text(release_document(both), 160).splitlines()
    assert any("geometric mean" in line and "+20.0%" in line for line in lines)
    assert any(line.startswith("PASS") and " ~ " in line for line in lines)
    assert "geometric mean" in as_text(release_document(both, rows=1), 160)


def test_a_comparison_names_runs_and_states_why_they_do_not_compare():
    """Letters, then numbers."""
    assert run_names(28)[-3:] == ["Z", "27", "28"]
    runs = [made_run(0), made_run(1, scaled(0.7), disturbed=("throttled",))]
    shown = side_by_side(runs, names={}, varies=(), floors=Floors())
    text = as_text(comparison_document(shown, chart=True), 160)
    assert "B: UNSTABLE: the new run is throttled" in text
    assert "goodput, tokens/s: orin: llama xs Q4_K_M K=4" in text
    assert as_markdown(comparison_document(shown))
    assert json.loads(json.dumps(comparison_json(shown), allow_nan=False))["format"] == 1


def test_all_series_of_a_large_comparison_are_counted_in_the_table():
    """The rows that are left out have a line."""
    values = {configuration(k): 100.0 - k / 10 for k in range(1, 101)}
    request = CheckRequest(asked=Asked(every=True))
    text = as_text(check_document(checked([made_run(1, values)], [made_run(0, values)], request)), 160)
    assert "and 241 more series: --format json has them all" in text
