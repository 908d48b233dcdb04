"""Whether a board agrees with the host: the comparison, and what is asked of a device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from cells import ONE_THREAD, cell
from hypothesis import given
from hypothesis import strategies as st

from configspec.devices.replies.model import Scores
from configspec.errors import TestbedError, UsageError
from configspec.profiling.acceptance_check import AcceptanceCheck, check_acceptance, compare
from configspec.profiling.acceptance_trace import AcceptanceTrace, TracedPrompt
from configspec.profiling.session import ProfilingSession
from configspec.profiling.staging import StagedModel
from configspec.profiling.target_text import ContinuedPrompt
from configspec.records.acceptance import AgreementCheck
from configspec.theory.acceptance.near_tie import NEAR_TIE
from configspec.theory.flags import flag

Prompt = list[tuple[int, float, bool]]  # of each position the host's token and gap, and whether the board differs
prompts = st.lists(
    st.lists(st.tuples(st.integers(0, 9), st.floats(0, 5), st.booleans()), min_size=1, max_size=8), max_size=4
)


def traced(prompt: Prompt) -> TracedPrompt:
    """One prompt as the host scored it."""
    host, gaps = tuple(token for token, _, _ in prompt), tuple(gap for _, gap, _ in prompt)
    nothing = (0.0,) * len(prompt)
    continued = ContinuedPrompt(id="p", category="c", prompt=(1,), tokens=host, logprobs=nothing, gaps=None)
    scores = Scores(
        start=1, argmax=host, logprob=nothing, gap=gaps, confidence=nothing, rank=(0,) * len(prompt), probability=None
    )
    return TracedPrompt(continued=continued, scores=scores, accept=nothing)


def compared(text: list[Prompt]) -> AgreementCheck:
    board = [[token + differs for token, _, differs in prompt] for prompt in text]
    return compare([traced(prompt) for prompt in text], board, context=64)


@given(prompts)
def test_a_board_that_says_the_same_differs_nowhere(text: list[Prompt]) -> None:
    """Whatever the gaps; every position counts."""
    found = compared([[(token, gap, False) for token, gap, _ in prompt] for prompt in text])
    assert (found.differ, found.beyond_ties, found.largest_gap) == (0, 0, None)
    assert (found.prompts, found.positions) == (len(text), sum(map(len, text)))
    assert AcceptanceCheck(check=found).flags() == ()


@given(prompts)
def test_what_differs_is_counted_with_its_largest_gap(text: list[Prompt]) -> None:
    """Gaps of positions that agree do not matter; a difference is beyond ties at the threshold and above."""
    found = compared(text)
    gaps = [gap for prompt in text for _, gap, differs in prompt if differs]
    assert found.differ == len(gaps)
    assert found.largest_gap == max(gaps, default=None)
    assert found.beyond_ties == len([gap for gap in gaps if gap >= NEAR_TIE])
    assert bool(AcceptanceCheck(check=found).flags()) == (found.beyond_ties > 0)


def test_the_flag_has_the_figures() -> None:
    """How many of how many, the gap, and what a near tie is."""
    (found,) = AcceptanceCheck(check=compared([[(1, 0.01, True), (2, 1.25, True), (3, 9.0, False)]])).flags()
    assert found == flag("device_disagrees", differ=2, positions=3, gap=1.25, near_tie=NEAR_TIE)


def test_texts_of_different_lengths_are_no_comparison() -> None:
    """A board that left positions out has not agreed."""
    with pytest.raises(ValueError, match="zip"):
        compare([traced([(1, 0.1, False), (2, 0.2, False)])], [[1]], context=64)


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
        rank = (0,) * len(argmax)
        return Scores(start=start, argmax=argmax, logprob=nothing, gap=nothing, confidence=nothing, rank=rank)


@pytest.fixture(scope="module")
def staged(small_inventory, cache) -> Iterator[tuple[StagedModel, AcceptanceTrace]]:
    """A draft with its trace on this host."""
    spec = small_inventory.devices["local"]
    with ProfilingSession(small_inventory, cache, lambda text: None, ONE_THREAD) as session:
        bench, drafter = session.workbench, cell("xs").drafter
        yield bench.stage(spec, "tiny-llama", drafter), bench.prepare("tiny-llama", drafter).trace


def fake(trace: AcceptanceTrace, wrong: Sequence[int] = ()) -> FakeDevice:
    said = {(*one.continued.prompt, *one.continued.tokens): one.scores.argmax for one in trace.prompts}
    return FakeDevice(said, wrong)


def check(device, staged, count=2) -> AcceptanceCheck:
    model, trace = staged
    return check_acceptance(device, model, trace, count)


@pytest.mark.real
def test_as_many_prompts_as_asked_for_are_evenly_taken(staged) -> None:
    """Of six, the first and the fourth; at most all."""
    trace = staged[1]
    device = fake(trace)
    found = check(device, staged).check
    texts = [(*one.continued.prompt, *one.continued.tokens) for one in trace.prompts]
    assert device.asked == [texts[0], texts[3]]
    assert found is not None
    assert (found.prompts, found.differ) == (2, 0)
    assert found.positions == sum(len(trace.prompts[place].continued.tokens) for place in (0, 3))
    everything = check(fake(trace), staged, 1000).check
    assert everything is not None
    assert everything.prompts == 6
    assert device.contexts == []


@pytest.mark.real
def test_a_device_that_proposes_something_else_is_flagged(staged) -> None:
    """At all positions of its prompts, which cannot all be near ties."""
    found = check(fake(staged[1], wrong=range(1000)), staged)
    assert found.check is not None
    assert found.check.differ == found.check.positions > found.check.beyond_ties > 0
    assert found.flags()


@pytest.mark.real
def test_the_draft_is_opened_again_only_for_more_context(staged) -> None:
    """With as much as the texts need, and the record says so."""
    model, trace = staged
    needed = max(len(one.continued.prompt) + len(one.continued.tokens) for one in trace.prompts)
    for context, opened in ((needed, []), (needed - 1, [needed])):
        device = fake(trace)
        short = replace(model, llama_cpp=replace(model.llama_cpp, context=context))
        found = check(device, (short, trace), 6).check
        assert device.contexts == opened
        assert found is not None
        assert (found.context, found.differ) == (needed, 0)


@pytest.mark.real
def test_nothing_is_asked_where_it_is_switched_off(staged) -> None:
    """And the record says that."""
    device = fake(staged[1])
    found = check(device, staged, 0)
    assert (found.check, found.reason) == (None, "switched off (--acceptance-check 0)")
    assert device.asked == []


@pytest.mark.real
@pytest.mark.parametrize("problem", [UsageError("no room for it"), TestbedError("too slow")])
def test_a_device_that_cannot_repeat_it_keeps_its_figures(staged, problem) -> None:
    """The cell was timed; why it was not checked is in its record. A device that is lost is lost."""
    device = fake(staged[1])
    device.refuses = problem
    assert check(device, staged) == AcceptanceCheck(check=None, reason=str(problem))
    device.lost = True
    with pytest.raises(type(problem)):
        check(device, staged)
