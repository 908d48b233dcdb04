"""Figures that cannot be: every field of a real record made impossible, and every pair of fields that disagree."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from any_rows import rows
from damage import one_field_at_a_time, replaced
from example_rows import DECODED, DRAFT, measured_row, raw_row, whole_row
from hypothesis import given, settings

from configspec.records.bounds import LEAST_WATTS, LONGEST_S, MOST_K, MOST_WATTS, SHORTEST_S
from configspec.records.codec import NotARow, row_of, to_record
from configspec.records.going_back import GoingBack
from configspec.records.left_out import LeftOutList
from configspec.records.opening import open_rows
from configspec.records.prefill import Prefill
from configspec.records.row import Models, Row
from configspec.records.shared import record_of
from configspec.reporting.flag_words import flag_words
from configspec.theory.figures import Estimate
from configspec.theory.flags import NUMBERS, Code
from configspec.theory.going_back import ReturnCost
from configspec.theory.objectives.objective import figures_of, objective_value
from configspec.theory.objectives.registry import OBJECTIVES
from configspec.theory.serving.assumptions import LEAST_USD, MOST_USD, MOST_VERIFY_S, Serving

RECORDINGS = Path(__file__).parents[2] / "fixtures" / "recordings" / "records"


def real_records() -> list[dict[str, object]]:
    """One of each version: a decoded row, which holds all parts, and a profiled one."""
    found: list[dict[str, object]] = []
    for path in (RECORDINGS / "version-2.jsonl", RECORDINGS / "version-1.jsonl"):
        entries = list(open_rows(path).entries())
        for decoded in (True, False):
            entry = next(one for one in entries if one.row is not None and (one.row.end_to_end is None) != decoded)
            record = record_of(entry.raw)
            assert record is not None
            found.append(record)
    return found


def shown(row: Row) -> None:
    """All that is computed of a row and said of it, as a ranking does."""
    for objective in OBJECTIVES:
        if objective.unavailable(row.serving) is None and objective.lacks(row.configuration, row.serving) is None:
            assert math.isfinite(objective_value(objective, row.configuration, row.serving))
    assert math.isfinite(figures_of(row.configuration, row.serving).alpha)
    assert all(flag_words(flag) is not None for flag in row.configuration.flags)
    json.dumps(to_record(row), allow_nan=False).encode()
    if row.end_to_end is not None:
        found = row.end_to_end
        parts_s = (found.drafting_s, found.link_s, found.verification_s, found.bookkeeping_s)
        assert all(math.isfinite(one) for one in (found.error, found.tokens / found.rounds))
        assert all(math.isfinite(part_s / found.total_s) for part_s in parts_s)


@pytest.mark.parametrize("record", real_records(), ids=["version 2, decoded", "version 2", "version 1, decoded", "1"])
def test_any_one_field_made_extreme_is_a_row_or_told(record: dict[str, object]) -> None:
    """Every field of a real row, every extreme value: a row that can be ranked and shown, or one kind of complaint."""
    taken = refused = 0
    for _, damaged in one_field_at_a_time(record, seed=1, at_most=1_200):
        assert isinstance(damaged, dict)
        try:
            row = row_of(damaged)
        except NotARow:
            refused += 1
        else:
            taken += 1
            shown(row)
    assert taken > 0
    assert refused > 300


IMPOSSIBLE: list[tuple[str, object, str]] = [
    ("acceptance.rate.value", 3, "acceptance: rate cannot be"),
    ("acceptance.rate.value", 0.41, "rate is 0.41, and accepted 24 of 48 drafted is another"),
    ("acceptance.accepted", 49, "accepted 49 of 48 drafted cannot be"),
    ("acceptance.drafted", 72, "accepted 24 of 72 drafted is another"),
    ("acceptance.rounds", 23, "by_prompt adds up to 24 rounds and 24 accepted, not to 23 and 24"),
    ("acceptance.by_prompt", [[24, 23]], "by_prompt adds up to 24 rounds and 23 accepted"),
    ("k", 4, "k is 4 and acceptance has 48 drafted in 24 rounds; drafted is K * rounds"),
    ("k", MOST_K + 1, "k: expected int <= 4096, found 4097"),
    ("drafting.timed_k", 1, "k is 2, and shared rounds of 1 were timed"),
    ("drafting.method", "separate rounds", ""),
    ("drafting.rounds", 19, "rounds is 19, and 20 samples are of a round each"),
    ("drafting.round_s.value", 0.51, "round_s is 0.51, and the median of its samples 0.5"),
    ("drafting.round_s.low", 0.0, "round_s cannot be: low <= value <= high is needed, 1e-12 to 1e+09"),
    ("drafting.round_samples_s", [1e308] * 20, "drafting.round_samples_s[0]: expected float <= 1000000000.0"),
    ("drafting.tokens_per_s.value", 4.1, "k is 2, and 4.1 tokens/s for 0.5 s are of another"),
    ("drafting.tokens_per_s.high", 1e300, "drafting: tokens_per_s cannot be"),
    ("drafting.seconds_allowed", -1.0, "drafting.seconds_allowed: expected float >= 0.0, found -1.0"),
    ("serving.verify_s", 1e308, "verify_s is 1e+308; it is 0 to 1e+09"),
    ("serving.usd_per_million_tokens", 1e-300, "a price is 0, or at least 1e-09"),
    ("serving.verify_s_by_k", [[2, -1.0]], "verify_s_by_k holds -1.0"),
    ("serving.prices", {"usd_per_kwh": -0.3}, "usd_per_kwh is -0.3; it is 1e-09 to 1e+09"),
    ("serving.prices", {"usd_per_gpu_hour": 0}, "usd_per_gpu_hour is 0.0; it is 1e-09 to 1e+09"),
    ("serving.prices", {"gpus": 0}, "gpus is 0.0; it is 0.001 to 1e+06"),
    ("serving.link", {"rtt_s": -1}, "rtt_s is -1.0; it is 0 to 1e+09"),
    ("serving.link", {"up_bits_per_s": 0}, "up_bits_per_s is 0.0; it is 1 to 1e+18"),
    ("serving.link", {"payload": "all"}, "invalid enum value 'all'"),
    ("serving.link", {"payload": "distributions"}, "serving sends distributions, which needs vocabulary"),
    ("serving.bills", "input+output", "serving bills 'input+output', which needs usd_per_million_input_tokens"),
    ("serving.batch", 0.5, "batch is 0.5; it is 1 to 1e+06"),
    ("serving.context_tokens", -1, "context_tokens is -1.0; it is 0 to 1e+09"),
    ("serving.verify_linear", {"base_s": -1}, "base_s is -1.0; it is 0 to 1e+09"),
    ("serving.verify_linear", {"base_s": 1e9, "s_per_token": 1e9}, "at most 1e+09 can be"),
    ("serving.verify_samples_s", [0.1, -1], "verify_samples_s holds -1.0"),
    ("power.watts", {"value": 1e-300, "low": 0, "high": 1, "confidence": 1, "n": 0}, "a power is 0, or at least 1e-09"),
    ("power.reason", True, "power.reason: expected str | null, got bool"),
    ("provenance", 0, "provenance: expected str, got int"),
    ("outcome", "fine", "outcome: invalid enum value 'fine'"),
    ("attempts", 0, "attempts: expected int >= 1, found 0"),
    ("device", "a\0b", r"device is 'a\x00b'; a name has 1 to 200 letters, none of them NUL"),
    ("device", "x" * 201, "a name has 1 to 200 letters"),
    ("models.draft.threads", 4294967297, "models.draft.threads: expected int <= 2147483647, found 4294967297"),
    ("environment.device.cores", -1, "environment.device.cores: expected int >= 0, found -1"),
    ("environment.source", "\ud800", "half of a surrogate pair stands alone"),
    ("flags", [{"code": "spread", "part": "profile", "numbers": []}], "flags[0]: spread comes with samples, spread,"),
    ("flags", [{"code": "note", "numbers": [["text", 3]]}], "flags[0]: text of note is 3, which is no text"),
    ("flags", [{"code": "other_tokens", "numbers": [["rounds", "x"]]}], "rounds of other_tokens is 'x', which is no"),
    ("flags", [{"code": "other_tokens", "numbers": [["rounds", 10**400]]}], "it is finite, and at most 1e+18"),
]


@pytest.mark.parametrize(("way", "value", "said"), IMPOSSIBLE)
def test_what_cannot_be_is_told_with_field_and_reason(way: str, value: object, said: str) -> None:
    """Bounds of one field, and fields that contradict each other."""
    record = json.loads(json.dumps(to_record(whole_row(2))))
    with pytest.raises(NotARow) as told:
        row_of(as_record(replaced(record, way.split("."), value)) | ({"k": 1} if value == "separate rounds" else {}))
    assert said in str(told.value)


def as_record(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def test_recorded_figures_are_of_their_k() -> None:
    """They have no counts; the speed is K over the time of a round."""
    row = measured_row(4)
    recorded = replace(row, drafting=replace(row.drafting, method="replay"))
    with pytest.raises(NotARow, match=r"k is 5, and 8 tokens/s for 0\.5 s are of another"):
        row_of({**to_record(recorded), "k": 5})


BACK = GoingBack(
    round_s=0.5,
    save_s=0.01,
    cost=ReturnCost(restore_s=0.75, again_s=((1, 0.0), (2, 0.25))),
    returns=(12.0, 4.0, 1.0),
    rounds=28.0,
    checkpoint_bytes=4096,
    samples=20,
)


@pytest.mark.parametrize(
    ("architecture", "rolls_back", "k", "flagged"),
    [
        ("lfm2", None, 4, True),
        ("falcon-h1", None, 2, True),
        ("lfm2", None, 1, False),
        ("lfm2", False, 4, False),
        ("gemma3", None, 4, False),
    ],
)
def test_an_earlier_row_of_a_draft_that_cannot_roll_back_is_flagged(
    architecture: str, rolls_back: bool | None, k: int, flagged: bool
) -> None:
    """It ranks too fast; not at K = 1, where nothing is taken back, nor where llama.cpp was asked."""
    draft = replace(DRAFT, architecture=architecture, rolls_back=rolls_back)
    row = replace(measured_row(k), models=Models(draft=draft))
    assert ("returns_uncounted" in [one.code for one in row.configuration.flags]) == flagged


IMPOSSIBLE_COSTS: list[tuple[str, object, str]] = [
    ("end_to_end.cost.catch_up_s", -0.0096, "catch_up_s is -0.0096; a cost is finite, and 0 or more"),
    ("end_to_end.cost.exchange_s", -1e-9, "exchange_s is -1e-09; a cost is finite, and 0 or more"),
    ("end_to_end.cost.round_s", 1e10, "cost_s holds 10000000000.0"),
    ("end_to_end.cost.going_back", {"restore_s": -1.0}, "restore_s is -1.0; a cost is finite, and 0 or more"),
    ("end_to_end.returns", 31, "returns is 31 and catch_ups 10, of 40 rounds"),
    ("drafting.going_back.round_s", 0.4, "round_s is 0.4, and returns and cost add up to another"),
    ("drafting.going_back.rounds", 16.0, "17 of 16 rounds went back"),
    ("drafting.going_back.returns", [12.0, 4.0], ""),
    ("drafting.going_back.save_s", -0.1, "drafting.going_back.save_s: expected float >= 0.0, found -0.1"),
    ("drafting.going_back.cost.again_s", [[1, 0.0], [2, -0.25]], "again_s of 2 is -0.25"),
    ("drafting.going_back.cost.again_s", [[2, 0.0], [1, 0.25]], "again_s is of rising numbers"),
    ("k", 3, "k is 3, and returns has 3 counts; it has one for 0 to K - 2 accepted"),
]


@pytest.mark.parametrize(("way", "value", "said"), IMPOSSIBLE_COSTS)
def test_a_cost_that_cannot_be_is_told_with_field_and_reason(way: str, value: object, said: str) -> None:
    """Nothing takes less than no time, of real decoding and of going back; and what is added up must add up."""
    row = measured_row(4, end_to_end=DECODED)
    record = to_record(replace(row, drafting=replace(row.drafting, going_back=BACK)))
    row_of(json.loads(json.dumps(record)))
    with pytest.raises(NotARow) as told:
        row_of(as_record(replaced(json.loads(json.dumps(record)), way.split("."), value)))
    assert said in str(told.value)


def test_measured_goodput_is_tokens_over_seconds() -> None:
    """Of what was decoded for real."""
    record = json.loads(json.dumps(to_record(measured_row(4, end_to_end=DECODED))))
    for way, value in (("goodput_tokens_per_s", 40.0), ("tokens", 10), ("total_s", 2.5)):
        with pytest.raises(NotARow, match=r"end_to_end: goodput_tokens_per_s is .*, and .* tokens in .* s are another"):
            row_of(as_record(replaced(record, ["end_to_end", way], value)))


def test_times_of_two_clocks_may_be_below_zero() -> None:
    """The link's time is what is left between two clocks."""
    row = measured_row(4, end_to_end=replace(DECODED, link_s=-1e-6))
    assert row_of(to_record(row)) == row


FAR = {
    "round_s": (SHORTEST_S, LONGEST_S),
    "verify_s": (0.0, MOST_VERIFY_S),
    "usd": (LEAST_USD, MOST_USD),
    "watts": (LEAST_WATTS, MOST_WATTS),
}


@pytest.mark.parametrize("round_s", FAR["round_s"])
@pytest.mark.parametrize("verify_s", FAR["verify_s"])
@pytest.mark.parametrize("usd", FAR["usd"])
@pytest.mark.parametrize("watts", FAR["watts"])
def test_within_the_bounds_every_objective_has_a_finite_value(
    round_s: float, verify_s: float, usd: float, watts: float
) -> None:
    """At every corner: no overflow, no division by zero, nothing that is lost in rounding to zero."""
    row = measured_row(MOST_K)

    def exactly(value: float) -> Estimate:
        return Estimate(value=value, low=value, high=value, confidence=1.0, n=1)

    drafting = replace(
        row.drafting,
        tokens_per_s=exactly(MOST_K / round_s),
        round_s=exactly(round_s),
        prefill=Prefill(tokens_per_s=exactly(1 / round_s)),
        prefill_reason=None,
    )
    row = replace(
        row,
        drafting=drafting,
        power=replace(row.power, watts=exactly(watts), idle_w=exactly(watts)),
        serving=Serving(verify_s=verify_s, usd_per_million_tokens=usd),
    )
    for objective in OBJECTIVES:
        if objective.lacks(row.configuration, row.serving) is not None:
            assert verify_s == 0  # a verifier that takes no time has none to share
            continue
        value = objective_value(objective, row_of(to_record(row)).configuration, row.serving)
        assert 0 < value < math.inf
        assert 0 < 1 / value < math.inf


@settings(max_examples=25)
@given(rows())
def test_every_row_that_can_be_is_within_the_bounds(row: Row) -> None:
    """And all of it can be computed and shown."""
    shown(row_of(to_record(row)))


def test_every_code_of_a_flag_has_its_numbers() -> None:
    """Else a flag could not be checked."""
    assert set(NUMBERS) == set(get_args(Code))


def test_real_files_lose_nothing() -> None:
    """What configspec wrote is within its own bounds."""
    for path in RECORDINGS.glob("*.json*"):
        left_out = LeftOutList()
        assert len(list(open_rows(path, left_out).entries(left_out))) > 0
        assert left_out.count == 0


def test_a_row_whose_test_failed_says_so_where_it_is_ranked() -> None:
    """It ranks: what failed is a judgement of its figures. It does not rank without a word."""
    row = replace(measured_row(4), outcome="failed")
    assert [flag_words(flag) for flag in row.configuration.flags] == ["its test failed"]
    assert replace(row, outcome="passed").configuration.flags == ()
    entry: Mapping[str, object] = raw_row(row)
    assert record_of(entry) == to_record(row)  # the record keeps the outcome, and not the flag
