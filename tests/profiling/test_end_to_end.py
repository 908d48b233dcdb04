"""Real decoding beside its prediction, on real models; and the texts that are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cells import ONE_THREAD, cell

from configspec.errors import OutputDiffers, UsageError
from configspec.profiling.end_to_end import check_output
from configspec.profiling.session import ProfilingSession
from configspec.profiling.target_text import ContinuedPrompt
from configspec.testbed.device_spec import LinkSpec
from configspec.testbed.family_spec import TargetSpec
from configspec.testbed.sweep_spec import EndToEndSpec
from configspec.theory.serving.link import Link

KS = (1, 2, 4)
WRITTEN = ContinuedPrompt(
    id="p", category="c", prompt=(1, 2), tokens=(5, 6, 7), logprobs=(0.0,) * 3, gaps=(1.0, 0.25, 3.0)
)


def test_the_first_difference_of_a_text_is_shown_with_its_gap() -> None:
    """Where, what came, what should have come, and how near a tie it was."""
    with pytest.raises(OutputDiffers, match=r"board K=2, prompt 'p': token 1 .* is 9, .* has 6.*0.25 apart"):
        check_output((5, 9, 7), WRITTEN, "board K=2")


def test_a_text_of_another_length_is_refused() -> None:
    """Even where all that is there is right."""
    with pytest.raises(OutputDiffers, match=r"2 tokens were decoded; the target's own text has 3"):
        check_output((5, 6), WRITTEN, "here")


def test_the_targets_own_text_passes() -> None:
    """Nothing is said."""
    check_output([5, 6, 7], WRITTEN, "here")


@pytest.mark.real
@pytest.mark.parametrize("k", KS)
def test_real_decoding_finds_the_predicted_counts_and_says_where_its_time_went(session, small_inventory, k):
    """Tokens, rounds and catch-ups of the replay, near ties apart; the parts of the time add up to the whole."""
    found = session.end_to_end(cell("s").at(k), KS).end_to_end
    assert found.tokens <= len(found.prompts) * small_inventory.sweep.new_tokens
    assert found.rounds == pytest.approx(found.predicted_rounds, abs=3)
    assert found.catch_ups == pytest.approx(found.predicted_catch_ups, abs=3)
    assert found.drafted == k * found.rounds
    parts = (found.drafting_s, found.link_s, found.verification_s, found.bookkeeping_s)
    assert all(part > 0 for part in parts)
    assert sum(parts) == pytest.approx(found.total_s)
    assert found.goodput_tokens_per_s == pytest.approx(found.tokens / found.total_s)
    assert (found.energy_j, bool(found.energy_reason)) == (None, True)


@pytest.mark.real
def test_a_row_keeps_its_profile_and_gains_the_verification_of_its_k(session):
    """The configuration is the one that was profiled; what is doubtful of the decoding is added to its flags."""
    row = session.end_to_end(cell("xs").at(2), KS)
    profiled = session.rows(cell("xs"), KS)[2].configuration
    assert replace(row.configuration, flags=profiled.flags) == profiled
    passes = row.verification.passes
    assert {one.requests for one in passes} == {1}
    assert all(sample > 0 for one in passes for sample in one.samples_s)


@pytest.mark.real
def test_an_emulated_link_costs_its_round_trip_in_every_round(small_inventory, cache):
    """20 ms and the bytes at 1 Mbit/s, in the measured and in the predicted cost."""
    link = LinkSpec(rtt_s=0.020, bits_per_s=1e6)
    far = replace(small_inventory.devices["local"], name="far", link=link)
    sweep = replace(small_inventory.sweep, end_to_end=EndToEndSpec(prompts=1, repeats=1), new_tokens=16)
    inventory = replace(small_inventory, devices={"far": far}, sweep=sweep)
    with ProfilingSession(inventory, cache, print, ONE_THREAD) as session:
        found = session.end_to_end(cell("xs", device="far").at(2), (2,)).end_to_end
    assert found is not None
    assert found.link_s / found.rounds > 0.020
    assert found.cost.exchange_s > 0.020
    assert found.link == Link(rtt_s=0.020, bits_per_s=1e6)


@pytest.mark.real
def test_a_gguf_target_decodes_too(small_inventory, cache, session):
    """llama.cpp verifies what llama.cpp drafted: the target in F16 has a text of its own, and it comes out."""
    from configspec.families.gguf.gguf_writer import write_gguf

    family = small_inventory.families["tiny-llama"]
    gguf = cache.root / "target.gguf"
    write_gguf(family.target.transformers, gguf)
    of_gguf = replace(family, target=TargetSpec(gguf=gguf, llama_cpp=family.target.llama_cpp))
    inventory = replace(small_inventory, families={"tiny-llama": of_gguf})
    with ProfilingSession(inventory, cache, print, ONE_THREAD) as other:
        found = other.end_to_end(cell("s").at(4), KS).end_to_end
    assert found is not None
    assert found.output == "equal to the target's own greedy text"
    assert found.accepted > 0


@pytest.mark.real
@pytest.mark.parametrize("rule", ["match-greedy-draft", "match-sample", "rejection"])
def test_sampled_decoding_is_recorded_with_its_rule(small_inventory, cache, rule):
    """Every rule runs end to end, and the row says which one was assumed."""
    decoding = replace(small_inventory.sweep.decoding, temperature=0.8, top_k=20, top_p=0.95, rule=rule, seed=7)
    inventory = replace(small_inventory, sweep=replace(small_inventory.sweep, decoding=decoding))
    with ProfilingSession(inventory, cache, print, ONE_THREAD) as session:
        row = session.end_to_end(cell("s").at(2), KS)
    assert row.end_to_end is not None
    assert row.end_to_end.rule == rule
    assert row.configuration.acceptance.decoding == decoding
    assert row.end_to_end.output.startswith("sampled")
    assert 0 < row.end_to_end.accepted < row.end_to_end.drafted


@pytest.mark.real
def test_a_text_that_does_not_fit_the_devices_context_is_told_before_it_is_decoded(small_inventory, cache):
    """With the length, where to change it, and how to do without."""
    local = small_inventory.devices["local"]
    tight = replace(local, llama_cpp=replace(local.llama_cpp, context=72))
    inventory = replace(small_inventory, devices={"local": tight})
    with (
        ProfilingSession(inventory, cache, print, ONE_THREAD) as session,
        pytest.raises(UsageError, match=r"needs a context of \d+ .*devices.local.llama_cpp.context has 72"),
    ):
        session.end_to_end(cell("xs").at(2), KS)


@pytest.mark.real
def test_measured_verification_takes_the_place_of_the_declared_one(small_inventory, cache):
    """`verify: measured`: a time for every K, the link included, in the rows' serving assumptions."""
    serving = replace(small_inventory.serving, verify="measured")
    inventory = replace(small_inventory, serving=serving, serving_by_family={})
    with ProfilingSession(inventory, cache, print, ONE_THREAD) as session:
        rows = session.rows(cell("xs"), KS)
    by_k = dict(rows[1].serving.verify_s_by_k)
    assert set(by_k) == set(KS)
    assert all(0 < seconds < 0.4 for seconds in by_k.values())
    assert rows[4].serving.verify_s_at(4) == by_k[4]
    assert rows[4].verification is not None
