"""Where a real run and the prediction part, and at what gap."""

from __future__ import annotations

from agreement import Difference, Drafts, agreement, chosen_otherwise, difference, first_difference
from hypothesis import given
from hypothesis import strategies as st

from configspec.profiling.speculative import SpeculativeRun, Spent
from configspec.profiling.target_text import ContinuedPrompt
from configspec.theory.acceptance.chain import replay

WRONG = -1  # a drafted token that is nowhere in a text

choices = st.lists(st.booleans(), min_size=1, max_size=12)


def _traced(length: int, gap: float = 2.0) -> ContinuedPrompt:
    tokens = tuple(range(length))
    return ContinuedPrompt(
        id="p", category="c", prompt=(1,), tokens=tokens, logprobs=(0.0,) * length, gaps=(gap,) * length
    )


def _run(tokens: tuple[int, ...], rounds: int, drafted: int, accepted: int) -> SpeculativeRun:
    """What is compared of a run; its time is not."""
    spent = Spent(total_s=1.0, drafting_s=0.0, link_s=0.0, verification_s=0.0)
    return SpeculativeRun(tokens=tokens, rounds=rounds, drafted=drafted, accepted=accepted, catch_ups=0, spent=spent)


def _decoded(chosen: list[bool], k: int) -> tuple[SpeculativeRun, Drafts]:
    """A run over the text 0, 1, 2, ..., whose draft agrees where `chosen` says so, and what it drafted."""
    drafts, start = [], 0
    while start < len(chosen):
        window = chosen[start : start + k]
        good = window.index(False) if False in window else len(window)
        drafts.append((start, tuple(range(start, start + good)) + (WRONG,) * (k - good)))
        start += good + 1
    counts = replay(chosen, k)
    return _run(tuple(range(len(chosen))), counts.rounds, counts.drafted, counts.accepted), drafts


def _difference(matches: list[bool], gaps: list[float], chosen: list[bool], k: int) -> Difference | None:
    run, drafts = _decoded(chosen, k)
    return difference("xs Q4_K_M", _traced(len(matches)), matches, gaps, k, run, drafts)


@given(choices, st.integers(1, 5))
def test_a_draft_that_chose_as_scored_shows_no_difference(matches: list[bool], k: int) -> None:
    """The prediction held, and no place is named."""
    run, drafts = _decoded(matches, k)
    assert chosen_otherwise(run.tokens, matches, drafts) == []
    assert _difference(matches, [1.0] * len(matches), matches, k) is None


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12), st.integers(1, 5))
def test_whenever_counts_differ_a_place_is_named_at_which_the_draft_chose_otherwise(
    both: list[tuple[bool, bool]], k: int
) -> None:
    """However many choices fell the other way: counts differ only if a compared one did."""
    matches, chosen = [match for match, _ in both], [choice for _, choice in both]
    run, drafts = _decoded(chosen, k)
    places = chosen_otherwise(run.tokens, matches, drafts)
    assert all(matches[place] != chosen[place] for place in places)
    counts = replay(matches, k)
    if (counts.rounds, counts.accepted) != (run.rounds, run.accepted):
        assert places


def test_the_widest_gap_behind_a_difference_is_shown() -> None:
    """Two choices fell the other way, at gaps 0.01 and 0.3: the second is no near tie, so the difference is none."""
    found = _difference([False, True, False, True], [0.01, 2.0, 0.3, 1.0], [True, True, True, True], 4)
    assert found is not None
    assert (found.gap, found.whose, found.near_tie) == (0.3, "draft", False)


def test_a_text_that_differs_shows_the_targets_gap_where_it_does() -> None:
    """The target itself wrote another third token, where its best two logits were 0.001 apart."""
    run = _run((0, 1, 9, 9), rounds=2, drafted=4, accepted=2)
    found = difference("xs Q4_K_M", _traced(4, gap=0.001), [True] * 4, [1.0] * 4, 2, run, [])
    assert found is not None
    assert (found.gap, found.whose, found.near_tie) == (0.001, "target", True)


def test_counts_that_differ_though_all_was_chosen_alike_are_no_near_tie() -> None:
    """That would be an error of the replay, and fails."""
    run = _run((0, 1, 2, 3), rounds=9, drafted=18, accepted=0)
    found = difference("xs Q4_K_M", _traced(4), [True] * 4, [1.0] * 4, 2, run, [])
    assert found is not None
    assert (found.gap, found.near_tie) == (None, False)


def test_where_texts_part_counts_the_end_of_the_shorter_one() -> None:
    """Equal texts part nowhere."""
    assert first_difference((1, 2), (1, 2)) is None
    assert first_difference((1, 2), (1, 3)) == 1
    assert first_difference((1, 2), (1, 2, 3)) == 2


def test_near_ties_are_shown_and_do_not_miss_the_bound() -> None:
    """One line a cell and prompt, every K in it; a wide gap misses."""
    near = [
        Difference(cell="xs Q6_K", prompt="p", k=k, predicted=(5, 3), counted=(4, 4), gap=0.01, whose="draft")
        for k in (2, 3)
    ]
    line = agreement("tiny", 40, near)
    assert line.met
    assert (line.peer, line.ours, line.judged) == (40, 38, 0)
    assert line.notes[1] == (
        "xs Q6_K, prompt p: (rounds, accepted) K=2 (5, 3) predicted, (4, 4) counted, draft's top-2 gap 0.0100; "
        "K=3 (5, 3) predicted, (4, 4) counted, draft's top-2 gap 0.0100"
    )
    wide = Difference(cell="xs Q6_K", prompt="p", k=2, predicted=(5, 3), counted=(4, 4), gap=0.3, whose="draft")
    assert not agreement("tiny", 40, [*near, wide]).met


def test_two_counts_are_called_by_the_names_given() -> None:
    """A comparison of two engines predicts nothing."""
    one = Difference(cell="xs F16", prompt="p", k=2, predicted=(5, 8, 3), counted=(4, 8, 4), gap=None, whose="draft")
    line = agreement(
        "tiny, engine",
        40,
        [one],
        counts="(rounds, drafted, accepted)",
        names=("ours", "theirs"),
        notes=("2 left out",),
    )
    assert line.notes[0] == "2 left out"
    assert line.notes[2] == (
        "xs F16, prompt p: (rounds, drafted, accepted) K=2 (5, 8, 3) ours, (4, 8, 4) theirs, no near tie explains it"
    )
    assert not line.met
