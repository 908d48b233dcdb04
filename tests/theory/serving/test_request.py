"""The served request: who reads its prompt, and for how long nothing is drafted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from configspec.theory.serving.request import ServedRequest

speeds = st.floats(1e-3, 1e9)


@given(st.integers(0, 10**6), speeds, speeds)
def test_the_first_round_begins_when_the_slower_of_both_has_read_the_prompt(tokens, device, target):
    """Two machines, each with the whole prompt, beside each other."""
    request = ServedRequest(prompt_tokens=tokens, target_prompt_tokens_per_s=target)
    assert request.prompt_s(device) == max(tokens / device, tokens / target)


@given(st.integers(0, 10**6), speeds)
def test_a_target_of_which_nobody_knows_is_no_slower_than_the_device(tokens, device):
    """The least that it can be."""
    assert ServedRequest(prompt_tokens=tokens).prompt_s(device) == tokens / device


@given(st.lists(speeds, min_size=1, max_size=5), speeds)
def test_an_array_of_speeds_gives_what_each_of_them_gives(several, target):
    """To the last bit."""
    request = ServedRequest(target_prompt_tokens_per_s=target)
    assert request.prompt_s(np.array(several)).tolist() == [request.prompt_s(one) for one in several]


def test_a_request_that_nobody_declared_is_the_one_of_llama_bench():
    """pp512 and tg128, its defaults: https://github.com/ggml-org/llama.cpp/blob/master/tools/llama-bench/README.md."""
    assert str(ServedRequest()) == "512 prompt and 128 new tokens"
