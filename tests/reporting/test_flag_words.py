"""Every flag as a sentence."""

from __future__ import annotations

from typing import get_args

import pytest

from configspec.reporting.flag_words import PARTS, WORDS, flag_words
from configspec.theory.flags import Code, Flag, Part, flag

# One of each code, with the numbers that `theory/flags.py` lists, and what has to be in the sentence.
EXAMPLES: list[tuple[Flag, str]] = [
    (
        flag("spread", samples=12, spread=0.337, limit=0.10),
        "disturbed: 12 samples spread by 34% of their median (limit 10%)",
    ),
    (
        flag("pauses", samples=10, slow=2, times=2.0),
        "disturbed: 2 of 10 samples took more than 2 times the median",
    ),
    (flag("few_samples", samples=5, needed=6, confidence=0.95), "5 samples: a 95% interval needs 6"),
    (flag("few_samples", samples=1, needed=6, confidence=0.95), "1 sample: a 95% interval needs 6"),
    (
        flag("few_prompts", prompts=1, needed=10),
        "1 prompt: how much prompts differ is unknown, so the interval of the acceptance rate is 0 to 1",
    ),
    (
        flag("few_prompts", prompts=5, needed=10),
        "5 prompts: with fewer than 10 the interval of the acceptance rate is too narrow",
    ),
    (flag("rounds_cut", rounds=7, asked=20, seconds=2.5), "7 of 20 rounds were timed in the 2.5 s allowed"),
    (
        flag("other_tokens", rounds=3),
        "the device drafted other tokens in 3 rounds: its arithmetic is not deterministic",
    ),
    (
        flag("device_disagrees", differ=90, positions=96, gap=7.512, near_tie=0.05),
        "the device disagrees with this host about the draft: its arg-max differs at 90 of 96 positions, with up to "
        "7.51 logits between the best two (rounding explains less than 0.05), so its acceptance may differ from the "
        "one that was counted",
    ),
    (
        flag("threads_above", threads=8, usable=4),
        "8 threads drafted, and 4 can run at once there (its processors, or the quota of its group), so they waited "
        "for each other",
    ),
    (
        flag("fewer_layers", asked=33, offloaded=20, layers=33),
        "20 of the model's 33 layers were on the GPU, where 33 were asked for",
    ),
    (
        flag("not_locked"),
        "llama.cpp could not lock the model in memory (`ulimit -l` is the usual reason), so parts may be read again",
    ),
    (
        flag("sustained_speed", cold=21.1, sustained=17.5),
        "drafting began at 21.1 tokens/s and went on at 17.5: the board's speed changes as it runs",
    ),
    (flag("power_doubt", text="the meter gave no sample for 3 s"), "power: the meter gave no sample for 3 s"),
    (
        flag("window_speed", timed=0.10, window=0.12),
        "while its meter was read, drafting was 20% slower than in the timed rounds: the board heated, or was "
        "disturbed",
    ),
    (
        flag("timed_greedily"),
        "drafting was timed without sampling, which takes longer per token: end-to-end rows include that time, this "
        "one does not",
    ),
    (
        flag("returns_uncounted"),
        "the draft cannot roll back, and an earlier configspec did not time what a rejection costs it: it ranks too "
        "fast, measure it again",
    ),
    (
        flag("passes_disagree", passes=3, counted=2, fastest=0.01, slowest=0.016),
        "passes disagree: 3 passes over the cell took 0.01 to 0.016 s a round; 2 of them agree and count, the interval "
        "holds all",
    ),
    (
        flag("processors_taken", taken=1.25, processors=2, threads=2, window=0.8),
        "others had 1.25 of the 2 processors while it was timed with 2 threads (0.8 s): all rounds may be too slow",
    ),
    (
        flag("processors_waited_for", share=0.5, window=8.0),
        "tasks waited for a processor in 50% of the 8 s in which it was timed: all rounds may be too slow",
    ),
    (
        flag("quota_reached", periods=7, seconds=0.4, window=2.0),
        "the quota of its control group stopped it 7 times, for 0.4 s of 2 s: use fewer threads, or raise the quota",
    ),
    (
        flag("far_below_memory", reached=1.75e7, memory=2e9, token=0.04, expected=0.00035),
        "far below the memory's speed: a token took 0.04 s, and to read the model once takes 0.00035 s here, at 2 "
        "GB/s: all rounds may be too slow",
    ),
    (
        flag("throttled", what="throttling event OC1", events=3),
        "throttled while it was measured: throttling event OC1 (3 events); check the board's cooling and its power "
        "supply",
    ),
    (
        flag("throttled", what="throttling event OC2", events=1),
        "throttled while it was measured: throttling event OC2 (1 event); check the board's cooling and its power "
        "supply",
    ),
    (
        flag("throttled", what="under-voltage", events=0),
        "throttled while it was measured: under-voltage; check the board's cooling and its power supply",
    ),
    (
        flag("clock_changed", what="power mode", before="MAXN", after="15W"),
        "the board's power mode changed while it was measured, from MAXN to 15W",
    ),
    (
        flag("swapped", pages=512),
        "the board swapped 512 pages of memory while it was measured: rounds may have waited for its disk",
    ),
    (
        flag("swapped", pages=1),
        "the board swapped 1 page of memory while it was measured: rounds may have waited for its disk",
    ),
    (flag("host_keys_off"), "SSH host keys are not checked, so whichever machine answered was measured"),
    (
        flag("own_lock", cause="/run/lock/configspec.lock: Permission denied"),
        "the board's lock kept out this account's runs only, so another account may have measured beside this run: "
        "/run/lock/configspec.lock: Permission denied",
    ),
    (
        flag("retried", attempts=3, cause="orin: the link was lost"),
        "unstable: attempt 3 was the first to succeed; the first one failed: orin: the link was lost",
    ),
    (
        flag("above_memory", reached=4.2e10, memory=1.7e10),
        "faster than memory: to draft so fast, 42 GB/s of weights would have to be read, and the device's memory gives "
        "17 GB/s: the speed, its unit or the model's size is wrong",
    ),
    (
        flag("quants_out_of_order", fewer="Q4_K_M", more="Q8_0", times=1.62),
        "quantisations out of order: a token of Q4_K_M takes 1.62 times as long as one of Q8_0, which has more bits: "
        "labels changed over, a processor slow at it, or disturbed",
    ),
    (
        flag("bandwidth_apart", times=0.12, others=3),
        "effective bandwidth apart: it reads its weights 0.120 times as fast as the 3 others do, in the median: "
        "another build, mode or model than its name says, or disturbed",
    ),
    (
        flag("bandwidth_apart", times=0.12, others=1),
        "effective bandwidth apart: it reads its weights 0.120 times as fast as the other cell it compares with: "
        "another build, mode or model than its name says, or disturbed",
    ),
    (
        flag("speed_over_k", k=2, longer=4, round=0.5, then=0.3),
        "not of one speed: a round of K=2 took 0.500 s and one of K=4 0.300 s",
    ),
    (
        flag("power_modes", mode="15W", usual="MAXN"),
        "another power mode: measured in 15W, and most of the device in MAXN",
    ),
    (
        flag("power_below_idle", watts=4.0, idle=5.5),
        "power below idle: 4.00 W while it drafts and 5.50 W while it waits: the two are of other meters, boundaries "
        "or modes",
    ),
    (flag("acceptance_above_one", rate=1.25), "acceptance above 1: 1.25 of what was drafted cannot be accepted"),
    (
        flag("little_drafted", drafted=20, needed=30),
        "acceptance of almost nothing: 20.0 tokens were drafted, and with fewer than 30 the rate is unsure by a fifth "
        "and more",
    ),
    (
        flag("accepted_falls", k=2, longer=4, accepted=1.4, then=1.1),
        "accepted tokens fall with K: 1.40 a round at K=2 and 1.10 at K=4, which no text does: the K, or the texts, "
        "are not those of one measurement",
    ),
    (
        flag("accepted_jumps", k=2, longer=3, accepted=0.2, then=2.6),
        "accepted tokens jump with K: 0.200 a round at K=2 and 2.60 at K=3, more than twice for each step: the K, or "
        "the texts, are not those of one measurement",
    ),
    (
        flag("acceptance_rises", k=2, longer=4, rate=0.5, then=0.7),
        "acceptance rises with K: 0.500 at K=2 and 0.700 at K=4: a text can do that, two sources under one name do it "
        "more often",
    ),
    (
        flag("energy_identity", stated=1.28, derived=0.773),
        "energy contradicts power and speed: its source states 1.28 J/token, and by E eta p = P / v_d it is 0.773: "
        "they are of two profiles",
    ),
    (
        flag("goodput_otherwise", stated=5.8, derived=5.25),
        "goodput contradicts its figures: its source states 5.80 tokens/s, and 5.25 follow from acceptance, drafting "
        "speed and verification time",
    ),
    (
        flag("cost_otherwise", stated=736000.0, derived=829000.0),
        "cost contradicts its figures: its source states 736,000 tokens/$, and 829,000 follow from acceptance "
        "and price",
    ),
    (flag("failed"), "its test failed"),
    (
        flag("modelled_acceptance", tokens=0.024, left_out=2),
        "acceptance modelled from other K, off by up to 2.4% of a round's tokens (2 left out, one at a time, so the "
        "interval holds in 2 of 3 cases)",
    ),
    (
        flag("modelled_round", seconds=0.001, left_out=5),
        "time of a round modelled from other K, off by up to 0.1% (5 left out, one at a time, so the interval holds in "
        "5 of 6 cases)",
    ),
    (
        flag("modelled_verification", seconds=0.12, left_out=3),
        "verification modelled from other K, off by up to 12.0%; the interval does not hold that",
    ),
    (
        flag("modelled_cell", seconds=0.339, left_out=2, bandwidth=8.99e9, overhead=0.0),
        "drafting speed modelled from bytes a token, at the device's 8.99 GB/s and 0 ms a token besides, off by up to "
        "33.9% (2 left out, one at a time, so the interval holds in 2 of 3 cases)",
    ),
    (flag("note", text="read off a figure"), "read off a figure"),
]


@pytest.mark.parametrize(("one", "sentence"), EXAMPLES, ids=lambda one: getattr(one, "code", ""))
def test_each_flag_is_a_sentence_with_its_numbers(one: Flag, sentence: str) -> None:
    """All that is known of it is said."""
    assert flag_words(one) == sentence


def test_there_are_words_for_every_code_and_part() -> None:
    """A flag that nobody can read would be lost; and every code is tried above."""
    assert set(WORDS) == set(get_args(Code)) == {one.code for one, _ in EXAMPLES}
    assert set(PARTS) == set(get_args(Part))


@pytest.mark.parametrize(
    ("part", "beginning"), [("verification", "verification: disturbed"), ("end_to_end", "end to end: disturbed")]
)
def test_a_flag_about_another_part_says_which(part: Part, beginning: str) -> None:
    """A disturbed verification says nothing about the drafting."""
    assert flag_words(flag("pauses", part, samples=10, slow=2, times=2.0)).startswith(beginning)
