"""What a file of rows is as a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import BOARD, DECODED, measured_row
from made_runs import KS, entries, made_rows, slowed, write_run

from configspec.errors import RecordError
from configspec.histories.reading import moment, night_of, read_run
from configspec.records.journal import Journal
from configspec.records.left_out import LeftOutList
from configspec.records.power import Power
from configspec.records.prefill import Prefill
from configspec.records.row import Row
from configspec.regression.metrics import ACCEPTANCE, COST, DRAFTING, ENERGY, GOODPUT, Metric, metric_of
from configspec.regression.series import Measured, SeriesKey, first_difference
from configspec.selection.query import Query
from configspec.theory.figures import Estimate
from configspec.theory.flags import flag
from configspec.theory.objectives.energy import Energy
from configspec.theory.objectives.goodput import Goodput
from configspec.theory.objectives.objective import objective_value
from configspec.theory.objectives.request_time import RequestTime
from configspec.theory.objectives.server_time import ServerTime
from configspec.theory.serving.assumptions import Serving

RECORDED = Path(__file__).parents[2] / "fixtures" / "recordings" / "records" / "version-2.json"
WATTS = Estimate(value=5.0, low=4.9, high=5.1, confidence=0.95, n=9)


def of(path: Path, row: Row, metric: Metric) -> Measured | None:
    return read_run(path).measured.get(SeriesKey(configuration=row.id, metric=metric))


def one(tmp_path: Path, row: Row, metric: Metric) -> Measured:
    found = of(write_run(tmp_path / "one.json", 3, rows=[row]), row, metric)
    assert found is not None
    return found


def test_a_series_has_the_value_of_its_objective(tmp_path: Path):
    """Under the row's own assumptions, to seven digits."""
    row = replace(made_rows()[1], serving=Serving(verify_s=0.2, verify_s_by_k=((2, 0.3),), verify="measured"))
    wanted = objective_value(Goodput(), row.configuration, row.serving)
    assert one(tmp_path, row, GOODPUT).value == pytest.approx(wanted, rel=1e-6)
    assert one(tmp_path, row, DRAFTING).value == pytest.approx(row.drafting.tokens_per_s.value, rel=1e-6)
    assert one(tmp_path, row, ACCEPTANCE).value == pytest.approx(row.acceptance.rate.value, rel=1e-6)


def test_energy_has_a_value_where_a_meter_was(tmp_path: Path):
    """And none where there was none."""
    row = made_rows()[0]
    metered = replace(row, power=Power(watts=WATTS, reason=None, provenance="measured", boundary="board"))
    wanted = objective_value(Energy(), metered.configuration, metered.serving)
    assert one(tmp_path, metered, ENERGY).value == pytest.approx(wanted, rel=1e-6)
    assert ("power.kind", "board, measured") in one(tmp_path, metered, ENERGY).setup
    assert of(write_run(tmp_path / "none.json", 3, rows=[row]), row, ENERGY) is None


def test_a_price_is_in_the_setup_of_what_depends_on_it(tmp_path: Path):
    """Goodput at another price compares; cost does not."""
    row = made_rows()[0]
    dear = replace(row, serving=replace(row.serving, usd_per_million_tokens=5.0))
    assert first_difference(one(tmp_path, row, GOODPUT).setup, one(tmp_path, dear, GOODPUT).setup) is None
    difference = first_difference(one(tmp_path, row, COST).setup, one(tmp_path, dear, COST).setup)
    assert difference is not None
    assert difference.field == "serving.usd_per_million_tokens"


def test_a_request_is_in_the_setup_of_its_time_alone(tmp_path: Path):
    """A longer prompt makes another series of it; what does not look at a prompt compares."""
    row = made_rows()[0]
    timed = replace(row, drafting=replace(row.drafting, prefill=Prefill(tokens_per_s=WATTS), prefill_reason=None))
    asked = metric_of(RequestTime())
    assert one(tmp_path, timed, asked).value == pytest.approx(
        objective_value(RequestTime(), timed.configuration, timed.serving), rel=1e-6
    )
    assert ("serving.request", "512 prompt and 128 new tokens") in one(tmp_path, timed, asked).setup
    assert not [name for name, _ in one(tmp_path, timed, GOODPUT).setup if name == "serving.request"]
    assert of(write_run(tmp_path / "old.json", 3, rows=[row]), row, asked) is None


def test_a_governor_is_in_the_setup_of_what_is_timed(tmp_path: Path):
    """Counted acceptance does not depend on it; a build of llama.cpp concerns every series."""
    row = made_rows()[0]
    saving = made_rows(board=replace(BOARD, governor="powersave"))[0]
    newer = made_rows(board=replace(BOARD, llama_cpp_version="9"))[0]
    assert first_difference(one(tmp_path, row, ACCEPTANCE).setup, one(tmp_path, saving, ACCEPTANCE).setup) is None
    difference = first_difference(one(tmp_path, row, DRAFTING).setup, one(tmp_path, saving, DRAFTING).setup)
    assert difference is not None
    assert difference.field == "device.governor"
    for metric in (GOODPUT, COST, DRAFTING, ACCEPTANCE):
        difference = first_difference(one(tmp_path, row, metric).setup, one(tmp_path, newer, metric).setup)
        assert difference is not None
        assert difference.field == "device.llama_cpp_version"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (flag("throttled", what="heat", events=3), ("throttled",)),
        (flag("clock_changed", what="mode", before="15W", after="MAXN"), ("throttled",)),
        (flag("passes_disagree", passes=2, counted=1, fastest=1.0, slowest=2.0), ("unstable",)),
        (flag("not_locked"), ()),
    ],
)
def test_what_disturbed_a_run_disturbs_what_is_timed(tmp_path: Path, found, why):
    """Its speed is no evidence; its counts are."""
    row = made_rows()[0].flagged(found)
    assert one(tmp_path, row, GOODPUT).disturbed == why
    assert one(tmp_path, row, ACCEPTANCE).disturbed == ()


def test_counts_are_of_every_prompt(tmp_path: Path):
    """Drafted and emitted tokens follow from rounds and accepted ones."""
    row = made_rows()[2]
    counted = read_run(write_run(tmp_path / "one.json", 3, rows=[row])).counted[row.id]
    assert [(one.accepted, one.drafted) for one in counted.prompts] == [
        (accepted, row.k * rounds) for rounds, accepted in row.acceptance.by_prompt
    ]
    assert sum(one.drafted for one in counted.prompts) == row.acceptance.drafted
    assert all(one.emitted == one.accepted + one.drafted // row.k for one in counted.prompts)


def test_choices_are_those_of_rank(tmp_path: Path):
    """The same configurations are tied, where they are asked for; else there are none."""
    path = write_run(tmp_path / "one.json", 3)
    wanted = Query().answer([(row.configuration, row.serving) for row in made_rows()])[0]
    found = read_run(path, choices=True).chosen[0]
    assert (found.device, found.family, found.objective) == ("orin", "pair", "goodput")
    assert found.best == wanted.choices[0].configuration.id
    assert set(found.tied) == {one.configuration.id for one in wanted.choices if one.tied_with_best}
    assert all(one.holds for one in found.values.values())
    assert read_run(path).chosen == ()


def test_ties_are_the_same_without_intervals(tmp_path: Path):
    """A comparison of two files asks for nothing else; that nobody made the intervals is told by their confidence."""
    path = write_run(tmp_path / "one.json", 3)
    whole, ties = read_run(path, choices=True).chosen, read_run(path, choices="ties").chosen
    assert [(one.best, one.tied, list(one.values)) for one in whole] == [
        (one.best, one.tied, list(one.values)) for one in ties
    ]
    for one, other in zip(whole, ties, strict=True):
        assert [each.value for each in one.values.values()] == [each.value for each in other.values.values()]
        assert {(each.low, each.high, each.confidence) for each in other.values.values()} == {
            (each.value, each.value, 0.0) for each in other.values.values()
        }


def test_a_file_says_when_and_of_which_commit(tmp_path: Path):
    """Whoever laid it out."""
    path = write_run(tmp_path / "one.json", 3, commit="c" * 40)
    other = tmp_path / "sorted.json"
    other.write_text(json.dumps(json.loads(path.read_text()), indent=4, sort_keys=True))
    for run in (read_run(path), read_run(other)):
        assert (run.at_s, run.night, run.commit, run.branch) == (1793674800.0, "2026-11-02", "c" * 40, "main")


def test_a_run_without_a_date_has_its_own_night(tmp_path: Path):
    """Its values are older than all others."""
    run = read_run(write_run(tmp_path / "one.json", 3, date="soon"))
    assert run.at_s is None
    assert run.night == run.sha256[:12]
    assert {one.at_s for one in run.measured.values()} == {0.0}


def test_dates_that_cannot_be_are_none():
    """And an old writer's, without a zone, is UTC."""
    assert [moment(text) for text in (None, "", "NaN", "0001-01-01", "2026-13-01")] == [None] * 5
    found = moment("2026-11-03T23:30:00")
    assert found is not None
    assert found == moment("2026-11-04T00:30:00+01:00")
    assert night_of(found) == "2026-11-03"


def test_a_journal_and_its_results_are_one_run(tmp_path: Path):
    """Their contents differ, and their figures do not."""
    path = write_run(tmp_path / "one.json", 3)
    journal = Journal(tmp_path / "one.jsonl", {"datetime": "2026-11-03T03:00:00+00:00"})
    for entry in entries(made_rows()):
        journal.append(entry)
    journal.close()
    one, other = read_run(path), read_run(journal.path)
    assert one.sha256 != other.sha256
    assert one.figures_sha256 == other.figures_sha256
    assert one.measured.keys() == other.measured.keys()


@pytest.mark.parametrize("profile_first", [True, False])
def test_a_row_of_real_decoding_does_not_replace_the_profile(tmp_path: Path, profile_first):
    """Wherever it stands; alone, it has the figures of its configuration."""
    profile = made_rows()[0]
    decoded = replace(slowed(profile, 1.5), end_to_end=DECODED)
    rows = [profile, decoded] if profile_first else [decoded, profile]
    found = read_run(write_run(tmp_path / "both.json", 3, rows=rows)).measured
    key = SeriesKey(configuration=profile.id, metric=DRAFTING)
    assert found[key].value == pytest.approx(profile.drafting.tokens_per_s.value)
    assert one(tmp_path, decoded, DRAFTING).value == pytest.approx(decoded.drafting.tokens_per_s.value)


def test_the_recorded_file_is_read():
    """As configspec wrote it in November 2026, before prompts were timed: 19 rows of 13 configurations."""
    found = read_run(RECORDED).measured
    assert len({key.configuration for key in found}) == 13
    assert {key.metric for key in found} == {GOODPUT, COST, ENERGY, metric_of(ServerTime()), DRAFTING, ACCEPTANCE}


def test_what_cannot_be_taken_is_told(tmp_path: Path):
    """Beside what can."""
    path = write_run(tmp_path / "one.json", 3)
    content = path.read_text().replace('"k":4', '"k":-4')
    path.write_text(content)
    left = LeftOutList()
    run = read_run(path, left_out=left)
    assert len(run.left_out) == left.count == 1
    assert {key.configuration.k for key in run.measured} == set(KS) - {4}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"benchmarks": []}', '{"benchmarks": [NaN]}', "\x1f\x8b"])
def test_what_is_no_run_is_an_error(tmp_path: Path, content: str):
    """With words, and no traceback of a parser."""
    path = tmp_path / "no.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(RecordError, match=r"no\.json"):
        read_run(path)


def test_a_rate_of_nothing_has_no_logarithm(tmp_path: Path):
    """So it is no value of a series."""
    row = replace(
        measured_row(2),
        acceptance=replace(
            measured_row(2).acceptance, rate=Estimate(value=0.0, low=0.0, high=0.1, confidence=0.95, n=9)
        ),
    )
    assert of(write_run(tmp_path / "one.json", 3, rows=[row]), row, ACCEPTANCE) is None
