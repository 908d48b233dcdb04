"""One series over some nights: what is compared with what, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from configspec.errors import UsageError
from configspec.regression.accepted import AcceptedChange, history_begins
from configspec.regression.history import history_of
from configspec.regression.metrics import ENERGY, GOODPUT
from configspec.regression.nightly import Night, NightlyRules, judge_against_release, judge_night
from configspec.regression.series import Measured, SeriesKey, Setup
from configspec.regression.spread import Spread
from configspec.theory.ids import configuration_id

SERIES = SeriesKey(configuration=configuration_id("orin", "llama", "xs", "Q4_K_M", 4), metric=GOODPUT)
SETUP: Setup = (("device.power_mode", "15W"), ("device.cores", "6"))
DAY_S = 86_400.0
NOISE = (0.1, -0.7, 1.2, -0.3, 0.6, -1.1, 0.4, 0.9, -0.8, -0.2, 1.0, -0.5, 0.3, -0.9)  # of a spread of about 0.8
QUIET = Night()


def run(value: float, night: int, *, setup: Setup = SETUP, again: int = 0, series: SeriesKey = SERIES) -> Measured:
    return Measured(
        series=series,
        value=value,
        setup=setup,
        at_s=DAY_S * (night + 1) + again,
        night=f"n{night}",
        commit=f"{night:040x}",
    )


def past(nights: int = 14, *, spread: float = 0.01, level: float = 20.0, series: SeriesKey = SERIES) -> list[Measured]:
    return [run(level * math.exp(spread * NOISE[n % 14]), n, series=series) for n in range(nights)]


def tonight(
    values: Sequence[float], night: int = 20, *, setup: Setup = SETUP, series: SeriesKey = SERIES
) -> list[Measured]:
    return [run(value, night, setup=setup, again=i, series=series) for i, value in enumerate(values)]


def test_a_loss_is_suspect_then_regressed() -> None:
    """One run asks for two more; three alike speak, and say by how much."""
    assert judge_night(tonight([18.0]), past(), QUIET).state == "SUSPECT"
    found = judge_night(tonight([18.0, 18.1, 17.9]), past(), QUIET)
    assert found.state == "REGRESSED"
    assert found.ratio == pytest.approx(0.9, abs=0.01)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.9 < found.high < 0.97
    assert (found.runs, found.base_runs, found.floor) == (3, 14, 0.03)
    assert "-10" in found.reason


def test_an_unlucky_first_run_is_no_loss() -> None:
    """The other two are as ever."""
    assert judge_night(tonight([18.9, 20.1, 20.0]), past(), QUIET).state == "PASS"


def test_a_suspect_run_that_could_not_be_made_again_stays_suspect() -> None:
    """With one of the two missing, or disturbed."""
    three = tonight([18.0, 18.1, 17.9])
    assert judge_night(three[:2], past(), QUIET).state == "SUSPECT"
    assert judge_night([*three[:2], replace(three[2], disturbed=("throttled",))], past(), QUIET).state == "SUSPECT"


def test_nobody_measures_until_green() -> None:
    """A fourth run is our own mistake."""
    with pytest.raises(ValueError, match="2 more"):
        judge_night(tonight([18.0, 18.1, 17.9, 20.0]), past(), QUIET)


def test_a_gain_is_confirmed_like_a_loss() -> None:
    """Suspect, then improved."""
    assert judge_night(tonight([22.0]), past(), QUIET).state == "SUSPECT"
    assert judge_night(tonight([22.0, 22.1, 21.9]), past(), QUIET).state == "IMPROVED"


def test_fewer_joules_are_a_gain_and_more_a_loss() -> None:
    """Where less is better."""
    energy = SeriesKey(configuration=SERIES.configuration, metric=ENERGY)
    before = past(series=energy)
    assert judge_night(tonight([22.0, 22.1, 21.9], series=energy), before, QUIET).state == "REGRESSED"
    assert judge_night(tonight([18.0, 18.1, 17.9], series=energy), before, QUIET).state == "IMPROVED"


def test_a_loss_within_the_floor_passes() -> None:
    """2 % in noise of 0.1 %: far beyond chance, and less than matters."""
    assert judge_night(tonight([19.6]), past(spread=0.001), QUIET).state == "PASS"
    assert judge_night(tonight([19.3, 19.7, 19.7]), past(spread=0.001), QUIET).state == "WORSE_WITHIN_FLOOR"
    strict = Night(rules=NightlyRules(floor=0.01))
    assert judge_night(tonight([19.6, 19.6, 19.6]), past(spread=0.001), strict).state == "REGRESSED"


def test_a_loss_beyond_the_floor_that_chance_may_do_is_undecided() -> None:
    """5 % in noise of 4 %."""
    assert judge_night(tonight([19.0]), past(spread=0.05), QUIET).state == "UNDECIDED"


def test_too_few_nights_are_no_baseline_and_few_are_weak() -> None:
    """Four are none, five weak, eight are enough."""
    assert judge_night(tonight([18.0]), past(4), QUIET).state == "NO_BASELINE"
    assert judge_night(tonight([18.0]), past(5), QUIET).weak
    assert not judge_night(tonight([18.0]), past(8), QUIET).weak
    assert judge_night(tonight([18.0]), [], QUIET).state == "NEW"


def test_missing_nights_change_nothing() -> None:
    """Nights are counted, not days."""
    gaps = [replace(one, at_s=one.at_s * 3) for one in past()]
    three = [replace(one, at_s=one.at_s * 9) for one in tonight([18.0, 18.1, 17.9])]
    assert judge_night(three, gaps, QUIET).ratio == judge_night(tonight([18.0, 18.1, 17.9]), past(), QUIET).ratio


def test_another_power_mode_is_another_history() -> None:
    """Its first night is incomparable and says why, four more have no baseline, and then it is judged by itself."""
    fast: Setup = (("device.power_mode", "MAXN"), ("device.cores", "6"))
    runs = past()
    states, reasons = [], []
    for night in range(14, 22):
        now = run(30.0 * math.exp(0.01 * NOISE[night % 14]), night, setup=fast)
        found = judge_night([now], runs, QUIET)
        states.append(found.state)
        reasons.append(found.reason)
        runs.append(now)
    assert states == ["INCOMPARABLE", *["NO_BASELINE"] * 4, *["PASS"] * 3]
    assert reasons[0] == "device.power_mode was 15W, is MAXN"
    assert judge_night([run(20.0, 30)], runs, QUIET).base_runs == 14  # and back


def test_a_disturbed_run_is_no_evidence_and_no_baseline() -> None:
    """Tonight it is unstable; later it is left out."""
    hot = replace(tonight([15.0])[0], disturbed=("throttled",))
    assert judge_night([hot], past(), QUIET).state == "UNSTABLE"
    assert judge_night(tonight([20.0], 22), [*past(), hot], QUIET).base_runs == 14


def test_what_regressed_enters_no_baseline_until_it_is_accepted() -> None:
    """Night after night it is said again; once accepted, its own nights are the new history."""
    lost = [replace(run(18.0 * math.exp(0.01 * NOISE[n % 14]), n), changed_since_s=0.0) for n in range(14, 20)]
    runs = [*past(), *lost]
    assert judge_night(tonight([18.0, 18.1, 17.9]), runs, QUIET).state == "REGRESSED"
    accepted = AcceptedChange(pattern="dev:orin:-*/goodput", reason="safer default", author="ada", since_s=lost[0].at_s)
    found = judge_night(tonight([18.0]), runs, Night(changes=(accepted,)))
    assert (found.state, found.base_runs) == ("PASS", 6)


def test_a_changed_night_is_out_with_all_of_its_runs() -> None:
    """Also where only its first run carries the verdict."""
    first, second = tonight([15.0, 15.1], 16)
    found = judge_night(tonight([20.0]), [*past(), replace(first, changed_since_s=0.0), second], QUIET)
    assert found.base_runs == 14


def test_what_regressed_after_a_change_was_accepted_is_out_again() -> None:
    """Its verdict was made against the history that goes on."""
    accepted = AcceptedChange(pattern="*", reason="new compiler", author="ada", since_s=DAY_S * 5)
    runs = past()
    begins_s = history_begins(SERIES, runs, (accepted,))
    later = replace(run(15.0, 16), changed_since_s=begins_s)
    assert judge_night(tonight([20.0]), [*runs, later], Night(changes=(accepted,))).base_runs == 10


def test_a_change_of_a_commit_begins_at_its_first_run() -> None:
    """And one that lies ahead has no effect yet."""
    runs = past()
    by_commit = AcceptedChange(pattern="*", reason="why", author="ada", commit=f"{6:040x}")
    assert len(history_of(tonight([20.0])[0], runs, changes=(by_commit,)).nights) == 8
    ahead = AcceptedChange(pattern="*", reason="why", author="ada", since_s=DAY_S * 1000)
    assert len(history_of(tonight([20.0])[0], runs, changes=(ahead,)).nights) == 14


def test_a_night_counts_by_its_first_run_and_the_last_thirty_nights_count() -> None:
    """What was measured again is no further night."""
    runs = [run(20.0 + n, n, again=i) for n in range(40) for i in (2, 1, 0)]
    found = history_of(run(1.0, 50), runs)
    assert len(found.nights) == 30
    assert [night[0].at_s % DAY_S for night in found.nights] == [0.0] * 30
    assert found.first_logs[0] == math.log(30.0)


def test_runs_of_tonight_later_nights_and_other_series_are_no_history() -> None:
    """Whatever order they are handed over in."""
    other = SeriesKey(configuration=SERIES.configuration, metric=ENERGY)
    runs = [*past(3), *past(9, series=other), run(9.0, 20, again=1), run(9.0, 25)]
    assert len(history_of(run(1.0, 20), runs[::-1]).nights) == 3


def test_more_series_together_take_more_to_confirm() -> None:
    """Up to 25 the confidence is 99.9 %; of 500, one in 20,000 for each of the two comparisons."""
    rules = NightlyRules()
    assert [rules.confirmed_at(series) for series in (1, 25, 500)] == pytest.approx([0.999, 0.999, 0.99995])


def test_a_known_spread_shows_what_eight_nights_do_not() -> None:
    """10 % in noise of 3 %."""
    three, before = tonight([18.0, 18.2, 17.8]), past(8, spread=0.03)
    assert judge_night(three, before, Night(series=500)).state == "UNDECIDED"
    prior = Spread(log_sd=0.03, degrees=200)
    assert judge_night(three, before, Night(series=500, prior=prior)).state == "REGRESSED"


def test_small_losses_of_several_nights_are_seen_together() -> None:
    """No night is far out, five are."""
    before = past(28, spread=0.02)
    runs = [*before, *(run(19.0 + 0.05 * n, 30 + n) for n in range(4))]
    found = judge_night(
        tonight([19.1, 19.0, 19.1], 40), runs, Night(prior=Spread(log_sd=0.02, degrees=100), series=500)
    )
    assert found.state == "REGRESSED"
    assert "over 5 nights" in found.reason


def test_a_drift_is_seen_by_the_release_alone() -> None:
    """0.1 % a night for 80 nights: the history goes along, the pinned release does not."""
    runs = [run(20 * math.exp(0.01 * NOISE[n % 14] - 0.001 * n), n) for n in range(81)]
    assert judge_night(runs[-1:], runs[:-1], QUIET).state == "PASS"
    found = judge_against_release(runs[-1:], runs[:-1], past(8), QUIET)
    assert (found.state, found.against, found.base_runs) == ("REGRESSED", "release", 8)


def test_a_release_with_another_setup_or_too_few_runs_is_not_compared() -> None:
    """And says which field differs."""
    fast: Setup = (("device.power_mode", "MAXN"), ("device.cores", "6"))
    now = tonight([20.0], setup=fast)
    assert judge_against_release(now, past(), past(8), QUIET).reason == "device.power_mode was 15W, is MAXN"
    assert judge_against_release(tonight([20.0]), past(), past(3), QUIET).state == "NO_BASELINE"
    assert judge_against_release(tonight([20.0]), [], past(8), QUIET).state == "PASS"


def test_a_constant_series_is_judged_by_its_floor() -> None:
    """Without any spread, all is beyond chance, and 2 % is within the floor."""
    runs = [run(20.0, n) for n in range(10)]
    assert judge_night(tonight([20.0]), runs, QUIET).state == "PASS"
    assert judge_night(tonight([19.6]), runs, QUIET).state == "PASS"
    assert judge_night(tonight([19.0, 19.0, 19.0]), runs, QUIET).state == "REGRESSED"


@pytest.mark.parametrize("floor", [-0.1, 1.0, math.nan])
def test_what_is_no_floor_is_refused(floor: float) -> None:
    """A user wrote it."""
    with pytest.raises(UsageError, match="3 %"):
        NightlyRules(floor=floor)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_value_without_a_logarithm_is_refused(value: float) -> None:
    """Whoever has none leaves the run out."""
    with pytest.raises(ValueError, match="above 0"):
        run(value, 1)
