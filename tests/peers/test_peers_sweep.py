"""Where a real run and the prediction part, and at what gap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sweep import Difference, difference, evenly, gap_that_explains

from configspec.model.acceptance import replay
from configspec.profiling.speculative import SpeculativeRun
from configspec.profiling.trace import TracedPrompt

TRACED = TracedPrompt(id="p", prompt=(1,), tokens=(5, 6, 7, 8), gaps=(4.0, 3.0, 0.001, 2.0))
MATCHES = (True, False, True, True)
GAPS = (3.0, 0.01, 2.0, 1.0)


def _run(matches: tuple[bool, ...], k: int, tokens: tuple[int, ...] = TRACED.tokens) -> SpeculativeRun:
    """What real decoding counts where the draft chose as `matches` says."""
    counts = replay(matches, k)
    return SpeculativeRun(tokens=tokens, rounds=counts.rounds, drafted=counts.drafted, accepted=counts.accepted)


def _differs(run: SpeculativeRun, k: int) -> Difference | None:
    return difference("xs Q4_K_M K=2, prompt p", TRACED, MATCHES, GAPS, k, run)


@given(st.integers(1, 5))
def test_equal_counts_over_equal_text_are_no_difference(k: int) -> None:
    """The prediction held."""
    assert _differs(_run(MATCHES, k), k) is None


def test_a_count_that_differs_shows_the_drafts_gap_that_explains_it() -> None:
    """The draft's second choice was a near tie, gap 0.01, and fell the other way."""
    found = _differs(_run((True, True, True, True), 4), 4)
    assert found is not None
    assert (found.gap, found.whose, found.near_tie) == (0.01, "draft", True)
    assert "draft's top-2 gap 0.0100" in str(found)


def test_a_text_that_differs_shows_the_targets_gap_where_it_does() -> None:
    """The target itself wrote another third token, where its best two logits were 0.001 apart."""
    found = _differs(_run(MATCHES, 2, tokens=(5, 6, 9, 9)), 2)
    assert found is not None
    assert (found.gap, found.whose, found.near_tie) == (0.001, "target", True)


def test_a_difference_that_no_single_choice_explains_is_no_near_tie() -> None:
    """Counts that cannot come from one flipped choice are our error, and fail."""
    found = _differs(SpeculativeRun(tokens=TRACED.tokens, rounds=9, drafted=18, accepted=0), 2)
    assert found is not None
    assert (found.gap, found.near_tie) == (None, False)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 9.0)), min_size=1, max_size=12), st.integers(1, 4), st.data())
def test_any_one_flipped_choice_is_explained_by_a_gap_no_wider_than_its_own(
    scored: list[tuple[bool, float]], k: int, data: st.DataObject
) -> None:
    """Whichever choice fell the other way, the explanation names that gap or a smaller one."""
    matches, gaps = [match for match, _ in scored], [gap for _, gap in scored]
    flipped = data.draw(st.integers(0, len(scored) - 1))
    counts = replay([match != (index == flipped) for index, match in enumerate(matches)], k)
    found = gap_that_explains(matches, gaps, k, (counts.rounds, counts.accepted))
    assert found is not None
    assert found <= gaps[flipped]


def test_prompts_are_taken_evenly() -> None:
    """4 of 24 are every sixth; asking for more than there are gives all."""
    prompts = [TracedPrompt(id=str(index), prompt=(1,), tokens=(2,), gaps=(1.0,)) for index in range(24)]
    assert [one.id for one in evenly(prompts, 4)] == ["0", "6", "12", "18"]
    assert evenly(prompts, None) == evenly(prompts, 99) == prompts
