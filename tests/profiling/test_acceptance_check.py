"""Whether a board agrees with the host: the comparison, and what is asked of a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.devices.replies import Scores
from configspec.errors import TestbedError, UsageError
from configspec.profiling.acceptance_check import NEAR_TIE, AcceptanceCheck, check_acceptance, compare
from configspec.profiling.session import ProfilingSession

Prompt = list[tuple[int, float, bool]]  # of each position the host's token and gap, and whether the board differs
prompts = st.lists(
    st.lists(st.tuples(st.integers(0, 9), st.floats(0, 5), st.booleans()), min_size=1, max_size=8), max_size=4
)


def compared(text: list[Prompt]):
    host = [[token for token, _, _ in prompt] for prompt in text]
    board = [[token + differs for token, _, differs in prompt] for prompt in text]
    return compare(host, [[gap for _, gap, _ in prompt] for prompt in text], board)


@given(prompts)
def test_a_board_that_says_the_same_differs_nowhere(text: list[Prompt]) -> None:
    """Whatever the gaps; every position counts."""
    found = compared([[(token, gap, False) for token, gap, _ in prompt] for prompt in text])
    assert (found.differ, found.beyond_ties, found.largest_gap) == (0, 0, None)
    assert (found.prompts, found.positions) == (len(text), sum(map(len, text)))
    assert AcceptanceCheck(agreement=found).flags() == ()


@given(prompts)
def test_what_differs_is_counted_with_its_largest_gap(text: list[Prompt]) -> None:
    """Gaps of positions that agree do not matter; a difference is beyond ties at the threshold and above."""
    found = compared(text)
    gaps = [gap for prompt in text for _, gap, differs in prompt if differs]
    assert found.differ == len(gaps)
    assert found.largest_gap == max(gaps, default=None)
    assert found.beyond_ties == len([gap for gap in gaps if gap >= NEAR_TIE])
    assert bool(AcceptanceCheck(agreement=found).flags()) == (found.beyond_ties > 0)


def test_the_flag_has_the_figures() -> None:
    """How many of how many, the gap, and what a near tie is."""
    (flag,) = AcceptanceCheck(agreement=compared([[(1, 0.01, True), (2, 1.25, True), (3, 9.0, False)]])).flags()
    assert "2 of 3 positions" in flag
    assert "up to 1.25 logits" in flag
    assert "less than 0.05" in flag


def test_texts_of_different_lengths_are_no_comparison() -> None:
    """A board that left positions out has not agreed."""
    with pytest.raises(ValueError, match="zip"):
        compare([[1, 2]], [[0.1, 0.2]], [[1]])


def test_the_record_says_why_nothing_was_checked() -> None:
    """Null with a reason."""
    assert AcceptanceCheck(agreement=None, reason="switched off").record() == {
        "check": None,
        "check_reason": "switched off",
    }


class FakeDevice:
    """A device that proposes what the host does, but at `wrong` positions; `refuses` is what scoring raises."""

    def __init__(self, argmax: dict[tuple[int, ...], tuple[int, ...]], wrong: Sequence[int] = ()) -> None:
        self._argmax = argmax
        self._wrong = wrong
        self.lost = False
        self.refuses: Exception | None = None
        self.asked: list[tuple[int, ...]] = []
        self.contexts: list[int] = []

    def open_model(self, path, llama_cpp, *, cache_bytes):
        assert cache_bytes > 0
        self.contexts.append(llama_cpp.context)

    def score(self, tokens, start, *, deadline_s):
        if self.refuses is not None:
            raise self.refuses
        assert deadline_s > 0
        self.asked.append(tokens)
        argmax = tuple(t + 1 if at in self._wrong else t for at, t in enumerate(self._argmax[tokens]))
        nothing = (0.0,) * len(argmax)
        return Scores(start=start, argmax=argmax, logprob=nothing, gap=nothing)


@pytest.fixture(scope="module")
def prepared(small_inventory, cache):
    """A draft with its scores on this host."""
    with ProfilingSession(small_inventory, cache, lambda text: None) as session:
        yield session.workbench.prepare("tiny-llama", "xs", "Q8_0")


@pytest.fixture
def spec(small_inventory):
    return small_inventory.devices["local"]


def fake(prepared, wrong: Sequence[int] = ()) -> FakeDevice:
    texts = [(*one.prompt, *one.tokens) for one in prepared.trace.prompts]
    return FakeDevice(dict(zip(texts, prepared.scores.argmax, strict=True)), wrong)


def check(device, spec, prepared, count=2) -> AcceptanceCheck:
    return check_acceptance(device, spec, prepared, prepared.model, count)


@pytest.mark.real
def test_as_many_prompts_as_asked_for_are_evenly_taken(prepared, spec) -> None:
    """Of six, the first and the fourth; at most all."""
    device = fake(prepared)
    found = check(device, spec, prepared).agreement
    texts = [(*one.prompt, *one.tokens) for one in prepared.trace.prompts]
    assert device.asked == [texts[0], texts[3]]
    assert found is not None
    assert (found.prompts, found.differ) == (2, 0)
    assert found.positions == sum(len(prepared.trace.prompts[place].tokens) for place in (0, 3))
    everything = check(fake(prepared), spec, prepared, 1000).agreement
    assert everything is not None
    assert everything.prompts == 6
    assert device.contexts == []


@pytest.mark.real
def test_a_device_that_proposes_something_else_is_flagged(prepared, spec) -> None:
    """At all positions of its prompts, which cannot all be near ties."""
    found = check(fake(prepared, wrong=range(1000)), spec, prepared)
    assert found.agreement is not None
    assert found.agreement.differ == found.agreement.positions > found.agreement.beyond_ties > 0
    assert found.flags()


@pytest.mark.real
def test_the_draft_is_opened_again_only_for_more_context(prepared, spec) -> None:
    """With as much as the texts need, and the record says so."""
    needed = max(len(one.prompt) + len(one.tokens) for one in prepared.trace.prompts)
    for context, opened in ((needed, []), (needed - 1, [needed])):
        device = fake(prepared)
        short = replace(spec, llama_cpp=replace(spec.llama_cpp, context=context))
        record = check(device, short, prepared, 6).record()["check"]
        assert device.contexts == opened
        assert (record["context"], record["differ"]) == (needed, 0)


@pytest.mark.real
def test_nothing_is_asked_where_it_is_switched_off(prepared, spec) -> None:
    """And the record says that."""
    device = fake(prepared)
    assert "switched off" in str(check(device, spec, prepared, 0).record()["check_reason"])
    assert device.asked == []


@pytest.mark.real
@pytest.mark.parametrize("problem", [UsageError("no room for it"), TestbedError("too slow")])
def test_a_device_that_cannot_repeat_it_keeps_its_figures(prepared, spec, problem) -> None:
    """The cell was timed; why it was not checked is in its record. A device that is lost is lost."""
    device = fake(prepared)
    device.refuses = problem
    assert check(device, spec, prepared).record() == {"check": None, "check_reason": str(problem)}
    device.lost = True
    with pytest.raises(type(problem)):
        check(device, spec, prepared)
