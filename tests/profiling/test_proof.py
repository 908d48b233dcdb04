"""The proof: real greedy speculative decoding, token by token, finds the counts that the replay predicts."""

from __future__ import annotations

from typing import cast

import pytest
from agreement import difference
from cells import cell
from sweep import Witness

from configspec.devices.device import Device, open_device
from configspec.profiling.rules import Greedy
from configspec.profiling.speculative import Pair, decode_speculatively
from configspec.targets.registry import open_target
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

pytestmark = pytest.mark.real


@pytest.mark.parametrize(("family", "draft", "quant"), [("tiny-llama", "s", "Q4_K_M"), ("tiny-qwen3", "m", "Q8_0")])
def test_real_speculative_decoding_finds_the_counts_of_the_replay(
    session, small_inventory, cache, family, draft, quant
):
    """For several K, rounds and accepted tokens of every prompt are equal, and the text is the target's own.

    Where a prompt differs, the gap at the very position where the runs parted must be a near tie; no more than one
    prompt in six may differ.
    """
    drafter = cell(draft, quant, family=family).drafter
    prepared = session.workbench.prepare(family, drafter)
    trace, target = prepared.trace, open_target(prepared.family.target)
    explained = compared = 0
    with open_device(small_inventory.devices["local"], cache.root) as device:
        device.open_model(prepared.model, LlamaCppSpec(threads=1, context=trace.text.longest + 8))
        witness = Witness(device)
        pair = Pair(device=cast(Device, witness), target=target, rule=Greedy())
        for k in (1, 2, 4, 8):
            for prompt, matches in zip(trace.prompts, trace.matches, strict=True):
                text = prompt.continued
                run = decode_speculatively(pair, text.prompt, k, len(text.tokens))
                found = difference(str(drafter), text, matches, prompt.scores.gap, k, run, witness.drafts)
                compared += 1
                explained += found is not None
                assert found is None or found.near_tie, found
    assert compared == 4 * len(trace.prompts)
    assert explained <= compared / 6


def test_a_replay_that_is_wrong_at_a_clear_position_is_caught(session, small_inventory, cache):
    """One match denied where the draft was sure: the counts differ, and no near tie excuses it."""
    prepared = session.workbench.prepare("tiny-llama", cell("s").drafter)
    prompt, matches = prepared.trace.prompts[0], list(prepared.trace.matches[0])
    gaps = prompt.scores.gap
    sure = max((place for place in range(len(matches)) if matches[place]), key=gaps.__getitem__)
    matches[sure] = False
    with open_device(small_inventory.devices["local"], cache.root) as device:
        device.open_model(prepared.model, LlamaCppSpec(threads=1, context=prepared.trace.text.longest + 8))
        witness = Witness(device)
        pair = Pair(device=cast(Device, witness), target=open_target(prepared.family.target), rule=Greedy())
        run = decode_speculatively(pair, prompt.continued.prompt, 1, len(prompt.continued.tokens))
    found = difference("s Q8_0", prompt.continued, matches, gaps, 1, run, witness.drafts)
    assert found is not None
    assert not found.near_tie
