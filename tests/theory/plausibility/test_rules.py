"""Each rule on figures that it is there for, and on the nearest that it leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sound_profiles import near, subject

from configspec.theory.evidence import Evidence, Stated
from configspec.theory.figures import Estimate
from configspec.theory.flags import flag
from configspec.theory.ids import Cell, Drafter, Setting
from configspec.theory.plausibility.registry import findings
from configspec.theory.plausibility.rule import Finding
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

GB = 1e9


def one(
    k: int = 4,
    *,
    quant: str = "Q4_K_M",
    draft: str = "1b",
    token_s: float = 0.1,
    rate: Estimate | None = None,
    settings: tuple[Setting, ...] = (),
    **more: Any,
) -> Configuration:
    """A configuration whose figures are known to 1 %."""
    cell = Cell(device="d", family="f", drafter=Drafter(draft=draft, quant=quant), settings=settings)
    acceptance = Acceptance(rate=near(0.5, 0.01) if rate is None else rate, rounds=None, drafted=None, accepted=None)
    plain = Configuration(
        id=cell.at(k), round_s=near(k * token_s, 0.01), acceptance=acceptance, power_w=None, provenance="measured"
    )
    return replace(plain, **more)


def codes(*configurations: Configuration) -> list[str]:
    """The warnings that they give."""
    return [found.flag.code for found in found_of(configurations)]


def found_of(configurations: Sequence[Configuration]) -> tuple[Finding, ...]:
    """What the rules find in them."""
    return findings(map(subject, configurations))


@pytest.mark.parametrize(
    ("tokens_per_s", "source", "expected"),
    [
        (0.39, "declared", ["far_below_memory"]),  # arXiv 2604.24785 on a Pi 5
        (7.69, "declared", []),  # dambergn/ollama-benchmarks
        (19.0, "declared", []),
        (20.0, "declared", ["above_memory"]),
        (38.0, "measured", []),
        (40.0, "measured", ["above_memory"]),
    ],
)
def test_speed_times_bytes_is_within_the_memory(tokens_per_s, source, expected):
    """1.3 GB at 17 GB/s: 13.1 tokens/s could be read; above 1.5 times that, or 3 where it was measured, no more."""
    known = Evidence(weights_bytes=int(1.3 * GB), memory_bytes_per_s=17.068 * GB, memory=source)
    assert codes(one(token_s=1 / tokens_per_s, evidence=known)) == expected


def test_what_measuring_has_told_is_not_told_twice():
    """A row with that flag is left alone."""
    known = Evidence(weights_bytes=int(1.3 * GB), memory_bytes_per_s=17.068 * GB)
    told = flag("far_below_memory", reached=1.0, memory=2.0, token=3.0, expected=4.0)
    assert codes(one(token_s=5.0, evidence=known, flags=(told,))) == []
    slow = (*[0.4, 0.4, 0.41] * 4,), (*[0.8, 0.8, 0.81] * 4,)
    numbers = flag("passes_disagree", passes=2, counted=1, fastest=0.4, slowest=0.8)
    assert codes(one(pass_samples_s=slow)) == ["passes_disagree"]
    assert codes(one(pass_samples_s=slow, flags=(numbers,))) == []


def test_a_small_model_may_be_read_from_caches():
    """Ten times as fast as memory: nothing is said of 100 MB."""
    known = Evidence(weights_bytes=10**8, memory_bytes_per_s=4 * GB)
    assert codes(one(token_s=1 / 400, evidence=known)) == []


def test_labels_that_were_changed_over_are_out_of_order():
    """Q8_0 has 1.76 times the bits of Q4_K_M: 1.7 times as fast it cannot be; 1.2 times as slow as it Q4_K_M may be."""
    (found,) = found_of([one(quant="Q4_K_M", token_s=0.17), one(quant="Q8_0", token_s=0.1)])
    assert (found.flag["fewer"], found.flag["more"]) == ("Q4_K_M", "Q8_0")
    assert found.flag["times"] == pytest.approx(1.7)
    assert [cell.drafter.quant for cell in found.cells] == ["Q4_K_M", "Q8_0"]
    assert codes(one(quant="Q4_K_M", token_s=0.12), one(quant="Q8_0", token_s=0.1)) == []
    assert codes(one(quant="IQ3_XXS", token_s=0.3), one(quant="Q8_0", token_s=0.1)) == []


def test_quantisations_of_other_drafts_and_settings_do_not_compare():
    """A larger model is slower, and so is one with fewer threads."""
    fast = one(quant="Q8_0", token_s=0.1)
    assert codes(one(quant="Q4_K_M", draft="8b", token_s=0.9), fast) == []
    assert codes(one(quant="Q4_K_M", token_s=0.9, settings=(Setting("threads", "1"),)), fast) == []


def test_one_quantisation_far_from_the_others_is_apart():
    """Of three it is named alone; of two nobody knows which is wrong, so both are."""
    slow = one(quant="F16", token_s=5.0)
    others = [one(quant="Q4_K_M", token_s=0.1), one(quant="Q8_0", token_s=0.18)]
    (found,) = found_of([slow, *others])
    assert (found.flag.code, [cell.drafter.quant for cell in found.cells]) == ("bandwidth_apart", ["F16"])
    assert found.flag["others"] == 2
    (found,) = found_of([slow, others[1]])
    assert [cell.drafter.quant for cell in found.cells] == ["F16", "Q8_0"]
    assert found.flag["times"] == pytest.approx(16 / 8.5 * 0.18 / 5.0)


def test_drafts_compare_where_their_bytes_are_known():
    """An 8B model as fast as a 1B one reads its weights eight times as fast."""
    known = [Evidence(weights_bytes=int(size * GB)) for size in (0.8, 1.9, 4.9)]
    sound = [one(draft="1b", token_s=0.08, evidence=known[0]), one(draft="3b", token_s=0.2, evidence=known[1])]
    assert codes(*sound, one(draft="8b", token_s=0.5, evidence=known[2])) == []
    (found,) = found_of([*sound, one(draft="8b", token_s=0.08, evidence=known[2])])
    assert (found.flag.code, found.cells[0].drafter.draft) == ("bandwidth_apart", "8b")


def test_all_k_of_a_cell_are_of_one_speed():
    """Four tokens cannot take less time than two, nor far over twice as long; what a round costs besides is allowed."""
    assert codes(one(2, token_s=0.1), one(4, token_s=0.04)) == ["speed_over_k"]
    assert codes(one(2, token_s=0.1), one(4, token_s=0.17)) == ["speed_over_k"]
    assert codes(one(1, token_s=0.3), one(8, token_s=0.1)) == []


def test_another_power_mode_is_told_of_those_that_are_in_it():
    """By cell, with the K where it is some of them; a board that does not say its mode is left alone."""
    maxn, low = Evidence(power_mode="MAXN"), Evidence(power_mode="15W")
    some = [one(2, evidence=maxn), one(4, evidence=maxn), one(2, quant="Q8_0", evidence=low), one(4, quant="Q8_0")]
    (found,) = found_of(some)
    assert found.flag == flag("power_modes", mode="15W", usual="MAXN")
    assert (found.cells[0].drafter.quant, found.ks) == ("Q8_0", (2,))
    assert codes(*some[:2], some[3]) == []


def test_a_device_draws_more_when_it_works():
    """Below its idle power by more than the doubt of both."""
    assert codes(one(power_w=near(4.0), idle_w=near(5.0))) == ["power_below_idle"]
    assert codes(one(power_w=near(4.9), idle_w=near(5.0))) == []


def test_more_accepted_than_drafted_cannot_be():
    """A reader of files refuses it; a configuration made in memory is told."""
    assert codes(one(rate=near(1.25, 0.0))) == ["acceptance_above_one"]
    assert codes(one(rate=near(1.0, 0.0))) == []


def test_a_rate_of_almost_nothing_is_told():
    """Unless too few prompts were told of already."""
    few = Acceptance(rate=near(0.5), rounds=4.0, drafted=16.0, accepted=8.0)
    assert codes(one(acceptance=few)) == ["little_drafted"]
    assert codes(one(acceptance=few, flags=(flag("few_prompts", prompts=2, needed=10),))) == []
    assert codes(one(acceptance=replace(few, rounds=8.0, drafted=32.0, accepted=16.0))) == []


def test_accepted_tokens_neither_fall_nor_jump_nor_does_the_rate_rise():
    """1.6 tokens a round at K=2 and 1.2 at K=4 fall; 0.9 after 0.1 jumps; the paper's 0.7006 and 0.546 are sound."""
    assert codes(one(2, rate=near(0.8, 0.01)), one(4, rate=near(0.3, 0.01))) == ["accepted_falls"]
    assert codes(one(2, rate=near(0.1, 0.01)), one(3, rate=near(0.9, 0.01))) == ["accepted_jumps", "acceptance_rises"]
    assert codes(one(2, rate=near(0.7006, 0.001)), one(5, rate=near(0.546, 0.001))) == []


def test_where_nobody_bounds_a_rate_a_fifth_is_allowed():
    """As of a CSV file that gives none."""

    def unbounded(value: float) -> Estimate:
        return Estimate(value=value, low=0.0, high=1.0, confidence=0.95, n=0)

    assert codes(one(2, rate=unbounded(0.8)), one(4, rate=unbounded(0.35))) == []
    assert codes(one(2, rate=unbounded(0.8)), one(4, rate=unbounded(0.2))) == ["accepted_falls"]


def test_over_one_text_rounds_are_counted():
    """More rounds of a larger K are told, however little; a rate that rises is the text's own."""
    rises = [_counted(2, 0.5, rounds=20.0), _counted(3, 0.75, rounds=10.0)]  # matches 1110, again and again
    assert codes(*rises) == []
    assert codes(_counted(2, 0.5, rounds=20.0), _counted(3, 0.33, rounds=21.0)) == ["accepted_falls"]
    assert codes(_counted(2, 0.4, rounds=41.0), _counted(3, 1.0, rounds=20.0)) == ["accepted_jumps"]


def test_more_rounds_with_more_accepted_in_each_are_of_a_longer_text():
    """Then no sentence would be true that says that accepted tokens fall."""
    assert codes(_counted(2, 0.5, rounds=20.0), _counted(3, 0.5, rounds=21.0)) == []


@pytest.mark.parametrize(("energy", "expected"), [(0.77, []), (1.28, ["energy_identity"])])
def test_the_papers_second_pi_5_is_another_profile(energy, expected):
    """Fig. 6 prints 1.28 J/token at K=5, and 8.33 W at 14.44 tokens/s give 0.77; with eta stated, alpha has no part."""
    pi5 = one(5, token_s=1 / 14.44, rate=near(0.546, 0.001), power_w=near(8.33, 0.005))
    stated = Stated(
        drafting_j_per_token=Estimate(value=energy, low=energy - 0.005, high=energy + 0.005, confidence=1, n=0)
    )
    assert codes(replace(pi5, evidence=Evidence(stated=stated))) == expected
    eta = replace(stated, tokens_per_usd=Estimate(value=829e3, low=828.5e3, high=829.5e3, confidence=1, n=0))
    unsure = replace(pi5, evidence=Evidence(stated=eta))
    assert codes(unsure) == expected
    unsure = replace(unsure, acceptance=replace(unsure.acceptance, rate=near(0.3, 0.5)))
    assert "energy_identity" in codes(unsure) or not expected


def test_stated_goodput_and_cost_follow_from_the_figures():
    """By Table 1 and Fig. 4, 0.546 gives 829 thousand tokens/$, not the base model's 736; and no 5.8 tokens/s."""
    said = {"goodput_tokens_per_s": near(5.8, 0.01), "tokens_per_usd": near(736e3, 0.001)}
    both = one(5, rate=near(0.546, 0.001), evidence=Evidence(stated=Stated(**said)))
    assert codes(both) == ["goodput_otherwise", "cost_otherwise"]
    free = findings([subject(both, Serving(usd_per_million_tokens=0.0))])
    assert [found.flag.code for found in free] == ["goodput_otherwise"]


def _counted(k: int, rate: float, *, rounds: float) -> Configuration:
    by_prompt = ((rounds, rate * k * rounds),)
    acceptance = Acceptance(
        rate=near(rate, 0.001),
        rounds=rounds,
        drafted=k * rounds,
        accepted=rate * k * rounds,
        by_prompt=by_prompt,
        prompts_sha256="ab" * 32,
    )
    return one(k, acceptance=acceptance)
