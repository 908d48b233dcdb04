"""Sound profiles are not warned of, whatever they are like; every rule is registered once, with its words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sound_profiles import SERVING, agreeing, boards, counted, near, subject

from configspec.reporting.flag_words import flag_words
from configspec.reporting.plausibility_words import WORDS
from configspec.theory.evidence import Evidence
from configspec.theory.flags import NUMBERS, Code
from configspec.theory.ids import configuration_id
from configspec.theory.plausibility.quantisations import BandwidthApart
from configspec.theory.plausibility.registry import RULES, findings
from configspec.theory.plausibility.rule import by_device
from configspec.theory.plausibility.token_times import BITS
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving


@settings(deadline=None, max_examples=60)
@given(boards())
def test_a_sound_board_gives_no_warning(subjects):
    """Any memory, model, quantisation, K and text; stated objectives that were rounded to three digits among them."""
    assert findings(subjects) == ()


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=40), min_size=1, max_size=12), st.integers(2, 20))
def test_no_text_breaks_the_laws_of_acceptance(texts, most):
    """Short ones, periodic ones, ones that are accepted whole: what was counted over one text obeys them exactly."""
    acceptance = counted(texts, range(1, most + 1))
    found = findings(subject(_configuration(k, one)) for k, one in acceptance.items())
    assert {one.flag.code for one in found} <= {"little_drafted"}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(BITS)), st.floats(0.2, 0.7), min_size=2), st.floats(2e9, 2e11))
def test_a_processor_that_is_slow_at_a_quantisation_is_not_apart(shares, memory):
    """From a fifth of the memory's speed to seven tenths, as llama.cpp reaches it."""
    subjects = [
        subject(_configuration(8, RATE, quant=quant, round_s=8 * 1e9 * BITS[quant] / 8 / (share * memory)))
        for quant, share in shares.items()
    ]
    (device,) = by_device(subjects)
    assert list(BandwidthApart().findings(device)) == []


@settings(deadline=None)
@given(st.integers(1, 64), st.floats(0, 1), st.floats(1e-3, 1e3), st.floats(0.1, 100), st.floats(0, 10), st.booleans())
def test_what_is_computed_here_agrees_with_itself(k, alpha, round_s, watts, verify_s, plus):
    """E eta p = P / v_d for every K and alpha, K or K + 1 tokens billed; goodput and cost are their own formulas."""
    serving = Serving(verify_s=verify_s, bills="drafted+1" if plus else "drafted")
    plain = _configuration(k, Acceptance(rate=near(alpha, 0.0), rounds=None, drafted=None, accepted=None), watts=watts)
    one = agreeing(_timed(plain, round_s), serving)
    assert findings([subject(one, serving)]) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_a_rule_is_registered_with_codes_that_are_known(rule):
    """Each of them is a flag; those that no measuring gives have their words beside the other rules'."""
    assert rule.codes
    assert set(rule.codes) <= set(get_args(Code))
    assert set(rule.codes) <= WORDS.keys() | {"far_below_memory", "passes_disagree"}


def test_every_rule_is_there_once_and_every_word_is_a_rules():
    """Two rules never give one code, and none has words that no rule gives."""
    codes = [code for rule in RULES for code in rule.codes]
    assert len(codes) == len(set(codes))
    assert set(codes) >= WORDS.keys()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1.5), st.floats(1e-9, 1e9)), min_size=1, max_size=6))
def test_whatever_is_found_is_a_whole_flag(rows):
    """With the numbers of its code, finite, and a sentence; of figures that agree with nothing."""
    subjects = [
        subject(
            _configuration(
                k,
                Acceptance(rate=near(rate, 0.0), rounds=3.0, drafted=3.0 * k, accepted=None),
                quant=quant,
                round_s=round_s,
                evidence=Evidence(weights_bytes=10**9, memory_bytes_per_s=1e10, power_mode=quant),
            ),
            SERVING,
        )
        for (k, rate, round_s), quant in zip(rows, ["Q4_K_M", "Q8_0"] * 3, strict=False)
    ]
    for one in findings(subjects):
        assert tuple(name for name, _ in one.flag.numbers) == NUMBERS[one.flag.code]
        assert all(isinstance(value, str) or math.isfinite(value) for _, value in one.flag.numbers)
        assert flag_words(one.flag)
        assert any(one.is_about(each.configuration.id) for each in subjects)


RATE = Acceptance(rate=near(0.5), rounds=None, drafted=None, accepted=None)


def _configuration(
    k: int,
    acceptance: Acceptance,
    *,
    quant: str = "Q4_K_M",
    round_s: float | None = None,
    watts: float | None = None,
    evidence: Evidence = Evidence(),  # noqa: B008 (frozen)
) -> Configuration:
    return Configuration(
        id=configuration_id("d", "f", "1b", quant, k),
        round_s=near(0.1 * k if round_s is None else round_s, 0.0),
        acceptance=acceptance,
        power_w=None if watts is None else near(watts, 0.0),
        provenance="derived",
        evidence=evidence,
    )


def _timed(one: Configuration, round_s: float) -> Configuration:
    return replace(one, round_s=near(round_s, 0.0))
