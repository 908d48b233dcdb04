"""How long other engines' drafts are near the end of a text, and what near ties can explain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
from engine_rules import LLAMA_CPP, TRANSFORMERS, ByTheirRule, RoundRule, flips_behind, replay_by
from hypothesis import given
from hypothesis import strategies as st

from configspec.devices.device import Device, DraftedTokens
from configspec.profiling.speculative import Pair, decode_speculatively
from configspec.targets.target import Target

PROMPT = (7, 8, 9)
RULES = pytest.mark.parametrize("rule", [LLAMA_CPP, TRANSFORMERS], ids=lambda rule: rule.name)
lengths = st.integers(1, 12)


class Scripted:
    """A device and a target in one, of one text: token `100 + place`, drafted right where `matches` says so."""

    end_tokens: frozenset[int] = frozenset()

    def __init__(self, matches: Sequence[bool]) -> None:
        self._matches = matches
        self._length = 0

    def prefill(self, tokens: Sequence[int]) -> None:
        """Either side's: where the text ends is all that counts."""
        self._length = len(tokens)

    def draft(self, k: int, *, keep: int, append: Sequence[int]) -> DraftedTokens:
        """Tokens of the text, or others where they do not match."""
        start = keep + len(append) - len(PROMPT)
        tokens = tuple(100 + place if self._matches[place] else -1 for place in range(start, start + k))
        return DraftedTokens(tokens=tokens, stamps_s=(0.0,) * (k + 1), length=keep + len(append) + k)

    def verify(self, tokens: Sequence[int]) -> list[int]:
        """The text's next tokens."""
        start = self._length - len(PROMPT) + 1
        self._length += len(tokens)
        return [100 + place for place in range(start, start + len(tokens))]

    def keep(self, length: int) -> None:
        """Cut the target's text."""
        self._length = length


def _decoded(rule: RoundRule, matches: Sequence[bool], k: int, new_tokens: int) -> ByTheirRule:
    counted = ByTheirRule(rule, prompt_length=len(PROMPT), new_tokens=new_tokens)
    both: Any = Scripted(matches)
    asked = new_tokens + rule.past
    pair = Pair(device=cast(Device, both), target=cast(Target, both), rule=counted)
    decode_speculatively(pair, PROMPT, k, asked)
    return counted


@st.composite
def _texts(draw: st.DrawFn) -> tuple[list[bool], int, int]:
    """Matches of a text that is long enough, K, and how many tokens are asked for."""
    k, new_tokens = draw(lengths), draw(st.integers(1, 40))
    size = new_tokens + 2 * k + 2
    return draw(st.lists(st.booleans(), min_size=size, max_size=size)), k, new_tokens


@RULES
@given(text=_texts())
def test_a_real_run_counts_what_the_replay_by_the_same_rule_does(
    rule: RoundRule, text: tuple[list[bool], int, int]
) -> None:
    """Whatever matches, at whatever K, and however long the text is."""
    matches, k, new_tokens = text
    real = _decoded(rule, matches, k, new_tokens)
    assert real.counts == replay_by(rule, matches, k, new_tokens)
    assert real.tokens == [100 + place for place in range(real.accepted + real.rounds)]


@given(text=_texts())
def test_llama_cpp_writes_more_than_asked_for_by_one_to_k_plus_one(text: tuple[list[bool], int, int]) -> None:
    """It ends once more than N are written, and its last draft may be a whole one."""
    matches, k, new_tokens = text
    rounds, _, accepted = replay_by(LLAMA_CPP, matches, k, new_tokens)
    assert new_tokens + 1 <= rounds + accepted <= new_tokens + k + 1


@given(text=_texts())
def test_assisted_generation_writes_what_was_asked_for(text: tuple[list[bool], int, int]) -> None:
    """A draft leaves room for the target's own token."""
    matches, k, new_tokens = text
    rounds, _, accepted = replay_by(TRANSFORMERS, matches, k, new_tokens)
    assert rounds + accepted == new_tokens


@RULES
@given(k=lengths, more=st.integers(1, 100))
def test_in_the_midst_of_a_text_an_engine_drafts_k(rule: RoundRule, k: int, more: int) -> None:
    """Wherever more than K tokens are left, its rule is ours."""
    assert rule.draft_length(k, k + more) == k


def test_llama_cpp_drafts_short_and_then_whole_at_the_end() -> None:
    """Nothing matches, N = 6, K = 4: limits 5, 4, 3, 2, 1 give drafts of 4, 4, 3, 2, 1; then 0 and -1 are none."""
    assert [LLAMA_CPP.draft_length(4, left) for left in (6, 5, 4, 3, 2, 1, 0)] == [4, 4, 3, 2, 1, 4, 4]
    counted = _decoded(LLAMA_CPP, [False] * 20, 4, 6)
    assert counted.counts == (7, 22, 0)


def test_assisted_generation_ends_without_a_draft() -> None:
    """Nothing matches, N = 4, K = 2: drafts of 2, 2, 1 and none."""
    counted = _decoded(TRANSFORMERS, [False] * 20, 2, 4)
    assert counted.counts == (4, 5, 0)


@RULES
@given(text=_texts(), data=st.data())
def test_counts_are_explained_by_the_near_ties_that_made_them(
    rule: RoundRule, text: tuple[list[bool], int, int], data: st.DataObject
) -> None:
    """One or two positions at tiny gaps, chosen the other way: found, and with no wider gap than theirs."""
    matches, k, new_tokens = text
    ties = data.draw(st.lists(st.integers(0, len(matches) - 1), max_size=2, unique=True))
    gaps = [0.01 if place in ties else 1.0 for place in range(len(matches))]
    turned = [match != (place in ties) for place, match in enumerate(matches)]
    gap = flips_behind(replay_by(rule, turned, k, new_tokens), rule, matches, gaps, k, new_tokens)
    assert gap is not None
    assert gap <= 0.01


def test_counts_that_no_near_tie_leads_to_are_not_explained() -> None:
    """All match, no gap is small: 4 rounds of K = 3 are 16 tokens, and nothing makes them 5."""
    matches, gaps = [True] * 24, [1.0] * 24
    assert replay_by(TRANSFORMERS, matches, 3, 16) == (4, 12, 12)
    assert flips_behind((4, 12, 12), TRANSFORMERS, matches, gaps, 3, 16) == 0.0
    assert flips_behind((5, 15, 11), TRANSFORMERS, matches, gaps, 3, 16) is None


def test_fewer_drafted_tokens_are_not_explained_by_the_same_rounds() -> None:
    """An engine that ends its drafts early accepts as much and drafts less: that is no near tie."""
    assert flips_behind((4, 11, 12), TRANSFORMERS, [True] * 24, [1.0] * 24, 3, 16) is None
