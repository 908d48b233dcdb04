"""Counts, compared exactly, and rates of sampling, compared by prompt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from configspec.errors import UsageError
from configspec.regression.acceptance import Counted, PromptCounts, SamplingRules, judge_exact, judge_sampled
from configspec.regression.metrics import ACCEPTANCE
from configspec.regression.series import SeriesKey
from configspec.theory.ids import configuration_id

SERIES = SeriesKey(configuration=configuration_id("orin", "llama", "xs", "Q4_K_M", 4), metric=ACCEPTANCE)


def counted(*accepted: int, matches: str | None = None) -> Counted:
    prompts = tuple(
        PromptCounts(
            prompt=f"p{i}", accepted=one, drafted=40, emitted=one + 10,
            matches=None if matches is None else tuple(letter == "1" for letter in matches),
        )
        for i, one in enumerate(accepted)
    )  # fmt: skip
    return Counted(series=SERIES, setup=(("target.sha256", "ab"),), prompts=prompts)


def test_equal_counts_pass() -> None:
    """However many runs there are of either side."""
    assert judge_exact([counted(10, 20)] * 2, [counted(10, 20)] * 3).state == "PASS"


def test_one_accepted_token_less_is_a_regression() -> None:
    """And the prompt is named."""
    found = judge_exact([counted(10, 20)], [counted(10, 19)])
    assert found.state == "REGRESSED"
    assert found.reason == "prompt 'p1': accepted was 20, is 19"
    assert found.ratio == pytest.approx(29 / 30)


def test_one_more_is_an_improvement_and_a_mere_change_is_none() -> None:
    """The same rate made of other counts is something that changed, and should not have."""
    assert judge_exact([counted(10, 20)], [counted(11, 20)]).state == "IMPROVED"
    assert judge_exact([counted(10, 20)], [counted(20, 10)]).state == "REGRESSED"


def test_the_first_position_is_named_where_it_is_known() -> None:
    """Also where the sums are equal."""
    found = judge_exact([counted(10, matches="1101")], [counted(9, matches="1001")])
    assert found.reason.endswith("accepted was 10, is 9, first at position 1")
    moved = judge_exact([counted(10, matches="1101")], [counted(10, matches="1110")])
    assert moved.state == "REGRESSED"
    assert moved.reason == "prompt 'p0': tokens that match was 0, is 1, first at position 2"
    assert "position 4" in judge_exact([counted(10, matches="1101")], [counted(10, matches="11011")]).reason


def test_a_build_that_disagrees_with_itself_is_nondeterministic() -> None:
    """On either side, and before anything is compared."""
    assert judge_exact([counted(10)], [counted(10), counted(9)]).state == "NONDETERMINISTIC"
    assert "earlier build" in judge_exact([counted(10), counted(9)], [counted(10)]).reason


def test_other_files_do_not_compare() -> None:
    """The hash of the target."""
    other = replace(counted(10), setup=(("target.sha256", "cd"),))
    assert judge_exact([counted(10)], [other]).reason == "target.sha256 was ab, is cd"


def test_equal_setups_with_other_prompts_are_our_own_mistake() -> None:
    """The hash of the prompt set is part of the setup."""
    with pytest.raises(ValueError, match="2 prompts and 1"):
        judge_exact([counted(10, 20)], [counted(10)])
    with pytest.raises(ValueError, match="the prompts are"):
        judge_exact([counted(10)], [replace(counted(10), prompts=(replace(counted(10).prompts[0], prompt="q"),))])


def test_nothing_drafted_has_no_rate() -> None:
    """And is equal to itself."""
    nothing = Counted(series=SERIES, setup=(), prompts=())
    assert nothing.rate is None
    assert judge_exact([nothing], [nothing]).state == "PASS"


def drawn(rate: float, seed: int, hardness: int = 0, prompts: int = 40) -> Counted:
    """Prompts differ in how hard they are, the same for each `seed` of the luck."""
    hard = np.random.default_rng(hardness).normal(0, 0.15, prompts)
    luck = np.random.default_rng(seed + 10_000)
    return counted(*luck.binomial(40, np.clip(rate + hard, 0.02, 0.98)).tolist())


def test_a_lower_rate_of_sampling_is_shown_in_spite_of_hard_prompts() -> None:
    """0.60 to 0.52 over 40 prompts; a rate of 0.595 passes."""
    rng = np.random.default_rng(0)
    assert judge_sampled(drawn(0.6, 1), drawn(0.52, 2), SamplingRules(), rng).state == "REGRESSED"
    assert judge_sampled(drawn(0.6, 1), drawn(0.595, 2), SamplingRules(), rng).state in ("PASS", "UNDECIDED")
    assert judge_sampled(drawn(0.52, 1), drawn(0.6, 2), SamplingRules(), rng).state == "IMPROVED"


def test_false_alarms_of_sampling_are_as_rare_as_is_said() -> None:
    """At most about one in twenty, without a floor: a bootstrap over 40 prompts is slightly too sure."""
    rng, rules = np.random.default_rng(1), SamplingRules(floor=0.0, resamples=999)
    found = [judge_sampled(drawn(0.6, 2 * i, i), drawn(0.6, 2 * i + 1, i), rules, rng).state for i in range(400)]
    assert np.mean([one == "REGRESSED" for one in found]) <= 0.075


def test_too_few_resamples_for_so_many_series_are_refused() -> None:
    """A p of 1/1001 is above 0.05 / 500."""
    with pytest.raises(UsageError, match="take 10000 at least"):
        judge_sampled(drawn(0.6, 1), drawn(0.6, 2), SamplingRules(resamples=1000), np.random.default_rng(0), series=500)


def test_few_prompts_or_a_rate_of_none_are_no_baseline() -> None:
    """Neither can be resampled; a new rate of 0 is a loss of everything."""
    rng, zero = np.random.default_rng(0), counted(*[0] * 10)
    assert judge_sampled(counted(9, 9), counted(9, 9), SamplingRules(), rng).state == "NO_BASELINE"
    assert judge_sampled(zero, counted(*[9] * 10), SamplingRules(), rng).state == "NO_BASELINE"
    assert judge_sampled(counted(*[9] * 10), zero, SamplingRules(), rng).state == "REGRESSED"
