"""What is held against a board that was hot, and what is not: on states as boards give them, and on any state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from heated_boards import COOL, around
from hypothesis import given
from hypothesis import strategies as st

from configspec.records.heat import ClockRange, Heat, HeatState
from configspec.theory.flags import check_numbers
from configspec.theory.heat import BARS_FROM_RANKING, cold_and_sustained, events_between, judge

WINDOW_S = 30.0


def after(**changes: Any) -> HeatState:
    """The cool board, half a minute later, with what is another then."""
    return replace(COOL, **{"t_s": COOL.t_s + WINDOW_S, **changes})


def counted(**more: int) -> Mapping[str, int]:
    return {name: count + more.get(name, 0) for name, count in COOL.events.items()}


def whats(heat: Heat, **how: Any) -> list[str]:
    """Of what it is said to have throttled."""
    return [str(one["what"]) for one in judge(heat, **how) if one.code == "throttled"]


def test_a_healthy_orin_nano_whose_oc3_counts_is_not_throttled() -> None:
    """As in MAXN_SUPER, even idle: 15 events a second, each of a millisecond."""
    assert judge(around(COOL, after(events=counted(oc3=450)), max_c=64.0)) == ()


def test_oc3_beyond_twenty_a_second_is_throttling() -> None:
    """Of a short window, less what a batch of the counter may hold of before."""
    assert whats(around(COOL, after(events=counted(oc3=1280)))) == ["throttling event OC3, 40 a second"]
    assert whats(around(COOL, after(t_s=COOL.t_s + 1, events=counted(oc3=45)))) == []


@pytest.mark.parametrize(
    ("changes", "how", "words"),
    [
        ({"loop_s": 0.021}, {}, "a fixed loop took 5% longer"),
        ({"cpu_clocks": {"0-3": replace(COOL.cpu_clocks["0-3"], now_hz=800_000_000)}}, {}, "the clock fell"),
        ({}, {"slower": True}, "drafting became slower"),
    ],
)
def test_few_oc3_are_throttling_where_the_board_became_slower(
    changes: dict[str, Any], how: dict[str, Any], words: str
) -> None:
    """By its loop, its clock or its drafting; without events none of these is enough."""
    assert whats(around(COOL, after(events=counted(oc3=30), **changes)), **how) == [
        f"throttling event OC3, and {words}"
    ]
    assert whats(around(COOL, after(**changes)), **how) == []


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("oc1", "throttling event OC1"),
        ("oc2", "throttling event OC2"),
        ("core_throttle_count", "thermal throttling of a core"),
        ("package_throttle_count", "thermal throttling of the package"),
    ],
)
def test_one_event_more_of_these_is_throttling(name: str, what: str) -> None:
    """With how many there were meanwhile, and not how many there ever were."""
    (found,) = judge(around(COOL, after(events=counted(**{name: 2}))))
    assert (found.code, found["what"], found["events"]) == ("throttled", what, 2)


@pytest.mark.parametrize(
    ("before", "seen", "then", "words"),
    [
        (0, 0, 0, []),
        (0x50000, 0, 0x50000, []),  # once, long ago
        (0x50000, 0, 0x10000, []),  # as kernels do that clear them
        (None, None, 0x50000, []),  # nobody knows since when
        (0, 0, 0x10000, ["under-voltage"]),
        (0x50000, 0, 0xD0000, ["soft temperature limit"]),
        (0x50000, 0x4, 0x50000, ["throttled"]),
        (0, 0, 0x20002, ["frequency capped"]),
        (0x40004, None, 0x40000, ["throttled"]),  # as it began
        (0, None, 0xF000F, ["under-voltage", "frequency capped", "throttled", "soft temperature limit"]),
    ],
)
def test_a_pi_throttled_where_a_bit_of_now_was_seen_or_a_lasting_one_was_set(
    before: int | None, seen: int | None, then: int | None, words: list[str]
) -> None:
    """Lasting bits that were set before are no evidence."""
    assert whats(around(replace(COOL, pi_bits=before), after(pi_bits=then), pi_bits=seen)) == words


def test_a_cooling_device_that_slows_a_processor_is_throttling() -> None:
    """Before or after: it did so in a part of what was measured."""
    hot = {"thermal-cpufreq-0": 2}
    assert whats(around(COOL, after(cooling=hot))) == ["cooled by thermal-cpufreq-0"]
    assert whats(around(replace(COOL, cooling=hot), after())) == ["cooled by thermal-cpufreq-0"]


@pytest.mark.parametrize(
    ("loop_s", "max_c", "throttled"),
    [(0.0205, 95.0, False), (0.021, 95.0, False), (0.03, 60.0, False), (0.03, 95, True)],
)
def test_a_slow_loop_alone_is_throttling_only_far_slower_on_a_hot_board(
    loop_s: float, max_c: float, throttled: bool
) -> None:
    """Another program slows it down as well."""
    found = whats(around(COOL, after(loop_s=loop_s), max_c=max_c))
    assert found == (["a fixed loop took 50% longer, at up to 95 °C"] if throttled else [])


def test_a_slow_loop_at_a_lower_clock_is_throttling() -> None:
    """A busy machine's clock does not fall. Of unlike processors, another one may have run."""
    slow = replace(COOL.cpu_clocks["0-3"], now_hz=800_000_000)
    assert whats(around(COOL, after(loop_s=0.021, cpu_clocks={"0-3": slow}))) == [
        "a fixed loop took 5% longer, and the clock fell"
    ]
    little = {"4-7": ClockRange(min_hz=1, max_hz=2, now_hz=2)}
    unlike = replace(COOL, cpu_clocks={**COOL.cpu_clocks, **little})
    assert whats(around(unlike, after(loop_s=0.021, cpu_clocks={"0-3": slow, **little}))) == []


def limits(low_hz: int, high_hz: int) -> ClockRange:
    return ClockRange(min_hz=low_hz, max_hz=high_hz, now_hz=None)


@pytest.mark.parametrize(
    ("changes", "what", "before", "then"),
    [
        ({"power_mode": "15W"}, "power mode", "MAXN", "15W"),
        ({"governor": "performance"}, "governor", "schedutil", "performance"),
        (
            {"cpu_clocks": {"0-3": limits(729_600_000, 1_510_400_000)}},
            "clock limit of the processors",
            "0-3: 729.6 to 1728 MHz",
            "0-3: 729.6 to 1510.4 MHz",
        ),
        (
            {"gpu_clocks": {"17000000.gpu": limits(306_000_000, 612_000_000)}},
            "clock limit of the GPU",
            "17000000.gpu: 306 to 1020 MHz",
            "17000000.gpu: 306 to 612 MHz",
        ),
    ],
)
def test_what_was_set_anew_meanwhile_is_told_with_both(
    changes: dict[str, Any], what: str, before: str, then: str
) -> None:
    """As by nvpmodel, which runs again unseen."""
    (found,) = judge(around(COOL, after(**changes)))
    assert found.code == "clock_changed"
    assert dict(found.numbers) == {"what": what, "before": before, "after": then}


def test_a_clock_that_moves_within_its_limits_did_not_change() -> None:
    """It does so all the time."""
    moved = {"17000000.gpu": replace(COOL.gpu_clocks["17000000.gpu"], now_hz=306_000_000)}
    assert judge(around(COOL, after(gpu_clocks=moved))) == ()


def test_what_cannot_be_read_on_one_side_did_not_change() -> None:
    """Nobody knows."""
    unknown = after(power_mode=None, governor=None, cpu_clocks={}, gpu_clocks={}, events={}, swap_in_pages=None)
    assert judge(around(COOL, unknown)) == ()
    assert judge(around(unknown, COOL)) == ()


def test_swapping_is_told_in_pages() -> None:
    """Both ways together; it does not bar a row."""
    (found,) = judge(around(COOL, after(swap_in_pages=3, swap_out_pages=4)))
    assert (found.code, found["pages"]) == ("swapped", 7)
    assert judge(around(replace(COOL, swap_in_pages=9), after(swap_in_pages=3))) == ()  # it began anew
    assert {"throttled", "clock_changed"} == BARS_FROM_RANKING


def test_a_flag_is_of_the_part_that_was_measured() -> None:
    """A hot verification says nothing about the drafting."""
    found = judge(around(COOL, after(governor="x", swap_in_pages=1, pi_bits=1)), part="verification")
    assert [(one.code, one.part) for one in found] == [
        (code, "verification") for code in ("throttled", "clock_changed", "swapped")
    ]


def test_many_limits_that_changed_are_cut() -> None:
    """A flag is read in a line."""
    one, other = ({str(number): limits(1, high) for number in range(64)} for high in (2, 3))
    (found,) = judge(around(replace(COOL, cpu_clocks=one), after(cpu_clocks=other)))
    assert len(str(found["before"])) == len(str(found["after"])) == 200


counts = st.integers(0, 2**53 - 1)
ranges = st.builds(ClockRange, min_hz=counts, max_hz=counts, now_hz=st.none() | counts)
words = st.none() | st.text(max_size=8) | st.just("x" * 200)


def named(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(["oc1", "oc2", "oc3", "core_throttle_count", "package_throttle_count"]) | st.text(
        max_size=5
    )
    return st.dictionaries(names, values, max_size=5)


states = st.builds(
    HeatState,
    t_s=st.floats(0, 1e9),
    temperature_c=st.none() | st.floats(-273, 1000),
    temperature_zone=words,
    temperature_reason=words,
    zones_c=st.just({}),
    events=named(counts),
    pi_bits=st.none() | st.integers(0, 2**31 - 1),
    pi_bits_reason=words,
    cooling=named(st.integers(0, 3)),
    power_mode=words,
    power_mode_reason=words,
    governor=words,
    governor_reason=words,
    cpu_clocks=named(ranges),
    gpu_clocks=named(ranges),
    swap_in_pages=st.none() | counts,
    swap_out_pages=st.none() | counts,
    oom_kills=st.none() | counts,
    swap_reason=words,
    loop_s=st.floats(0, 1e9),
)
temperatures = st.none() | st.floats(-273, 1000)


@given(states, temperatures, st.floats(0, 1e6))
def test_where_nothing_differs_and_nothing_slows_it_now_there_is_no_flag(
    state: HeatState, max_c: float | None, seconds: float
) -> None:
    """Whatever the board, however hot, and whatever happened to it before."""
    quiet = replace(state, pi_bits=None if state.pi_bits is None else state.pi_bits & ~0xF, cooling={})
    assert judge(around(quiet, replace(quiet, t_s=quiet.t_s + seconds), max_c=max_c), slower=True) == ()


@given(states, states, temperatures, st.none() | st.integers(0, 15), st.booleans())
def test_any_two_states_are_judged_with_flags_that_can_be(
    start: HeatState, end: HeatState, max_c: float | None, seen: int | None, slower: bool
) -> None:
    """Garbage gives no error, and no flag that a reader of rows refuses."""
    for one in judge(around(start, end, max_c=max_c, pi_bits=seen), slower=slower):
        check_numbers(one)
        assert all(len(value) <= 300 for _, value in one.numbers if isinstance(value, str))


@given(states, states)
def test_a_counter_that_went_back_is_no_throttling(one: HeatState, other: HeatState) -> None:
    """It began anew, or wrapped around: there are never fewer than no events."""
    forth, back = events_between(one, other), events_between(other, one)
    assert all(count >= 0 for count in (*forth.values(), *back.values()))
    assert {name for name, count in forth.items() if count} & {name for name, count in back.items() if count} == set()
    fewer = replace(one, events={name: count // 2 for name, count in one.events.items()}, cooling={}, pi_bits=None)
    assert whats(around(replace(one, cooling={}, pi_bits=None), fewer)) == []


def test_speed_that_falls_within_a_window_is_shown() -> None:
    """Eight tokens a round, first in a tenth of a second, and a fifth more in the end."""
    found = cold_and_sustained([0.1, 0.101, 0.099, 0.1, 0.11, 0.115, 0.12, 0.121, 0.119, 0.12], k=8)
    assert found is not None
    assert found.cold_tokens_per_s == pytest.approx(80.0)
    assert found.sustained_tokens_per_s == pytest.approx(8 / 0.12)
    assert found.differs
    assert found.slower


@pytest.mark.parametrize(
    "round_s",
    [
        [0.1, 0.101, 0.099, 0.1] + 2 * [0.1] + [0.102, 0.1025, 0.102, 0.1022],  # 2 %
        [0.1, 0.13, 0.09, 0.12] + 2 * [0.1] + [0.125, 0.11, 0.14, 0.1],  # within the noise
        [0.1, 0.1, 0.1, 0.15, 0.2, 0.2, 0.2],  # too few to show it
    ],
)
def test_what_is_small_or_noise_or_of_few_rounds_does_not_differ(round_s: list[float]) -> None:
    """The speeds are told all the same."""
    found = cold_and_sustained(round_s, k=4)
    assert found is not None
    assert not found.differs
    assert found.cold_tokens_per_s > 0


def test_a_window_that_becomes_faster_differs_and_is_not_slower() -> None:
    """A governor that rises slowly does that."""
    found = cold_and_sustained([0.2] * 5 + [0.1] * 10, k=1)
    assert found is not None
    assert (found.differs, found.slower) == (True, False)


@pytest.mark.parametrize(
    "round_s", [[], [0.1], [0.1, 0.1], [0.1, 0.0, 0.1], [0.1, -1.0, 0.1], [0.1, float("nan"), 0.1]]
)
def test_of_fewer_than_three_rounds_or_of_no_times_there_is_nothing_to_say(round_s: list[float]) -> None:
    """Nothing is divided by zero."""
    assert cold_and_sustained(round_s, k=1) is None


@given(st.lists(st.floats(1e-6, 1e3), min_size=3, max_size=200), st.floats(1e-3, 1e3))
def test_a_unit_of_time_changes_no_verdict(round_s: list[float], unit: float) -> None:
    """Rounds that all take `unit` times as long: speeds are divided by it."""
    one, other = cold_and_sustained(round_s, k=3), cold_and_sustained([unit * each for each in round_s], k=3)
    assert one is not None
    assert other is not None
    assert other.cold_tokens_per_s * unit == pytest.approx(one.cold_tokens_per_s)


@given(st.floats(1e-6, 1e3), st.integers(3, 100))
def test_even_rounds_never_differ(each_s: float, rounds: int) -> None:
    """Cold and sustained are one speed."""
    found = cold_and_sustained([each_s] * rounds, k=2)
    assert found is not None
    assert found.cold_tokens_per_s == found.sustained_tokens_per_s
    assert not found.differs
