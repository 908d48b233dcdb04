"""What the model's memory holds is the beginning of the text, whatever is kept, added or taken back.

The model is a list that remembers what it was given. One kind can be cut; the other can only be copied, and written
back, as llama.cpp does it with the memory of recurrent models.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence as SequenceOf
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.drafters.going_back import time_returns
from configspec.agent.drafters.prefills import time_prefills
from configspec.agent.drafters.sequence import Sequence
from configspec.agent.llama.checkpoints import Checkpoints
from configspec.agent.protocol import AgentError, Deadline
from configspec.agent.requests.model import Prefills, Returns

CONTEXT = 200
tokens = st.lists(st.integers(0, 99), min_size=1, max_size=12)


class Memory:
    """A model that holds tokens. Its memory as bytes: each token in two of them, behind a byte of its own."""

    def __init__(self, *, rolls_back: bool) -> None:
        self.rolls_back = rolls_back
        self.held: list[int] = []
        self.batches: list[tuple[int, int]] = []  # how many tokens it held, and how many came
        self.refuses = False  # to take a copy back
        self.batch, self.context = 4, CONTEXT
        self.llama_context = None
        self.library = SimpleNamespace(complaints=lambda: "nothing")
        self.api: Any = SimpleNamespace(
            llama_synchronize=lambda _: None,
            llama_state_seq_get_size_ext=lambda *_: self._size(),
            llama_state_seq_get_data_ext=self._save,
            llama_state_seq_set_data_ext=self._restore,
        )

    def check_tokens(self, appended: SequenceOf[int]) -> None:
        pass

    def evaluate_tokens(self, part: SequenceOf[int]) -> None:
        self.batches.append((len(self.held), len(part)))
        self.held += part

    def logits(self, _row: int) -> Any:
        return SimpleNamespace(argmax=lambda: 7)

    def forget_all(self) -> None:
        self.held = []

    def forget_after(self, length: int) -> bool:
        if length < len(self.held) and not self.rolls_back:
            self.forget_all()
            return False
        del self.held[length:]
        return True

    def _size(self) -> int:
        return 2 * len(self.held) + 1

    def _save(self, _context: object, buffer: Any, size: int, *_: object) -> int:
        if size < self._size():
            return 0
        buffer[: self._size()] = [1, *(part for token in self.held for part in divmod(token, 256))]
        return self._size()

    def _restore(self, _context: object, buffer: Any, size: int, *_: object) -> int:
        if self.refuses:
            return 0
        assert buffer[0] == 1
        parts = list(buffer[1:size])
        self.held = [256 * high + low for high, low in zip(parts[::2], parts[1::2], strict=True)]
        return size


def begun(text: SequenceOf[int], *, rolls_back: bool) -> tuple[Sequence, Memory]:
    memory = Memory(rolls_back=rolls_back)
    sequence = Sequence(memory, Deadline())  # type: ignore[arg-type]
    sequence.begin(text)
    sequence.settle()
    return sequence, memory


def round_of(sequence: Sequence, memory: Memory, k: int) -> None:
    """As the drafter goes through one: the pending tokens, a copy, then each drafted token but the last."""
    sequence.begin_round()
    memory.evaluate_tokens(sequence.tokens[sequence.evaluated :])
    if k > 1:
        sequence.save_round()
    drafted = [100 + index for index in range(k)]
    for token in drafted[:-1]:
        memory.evaluate_tokens([token])
    sequence.tokens += drafted
    sequence.evaluated = len(sequence.tokens) - 1


@given(
    tokens,
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6), st.booleans()), max_size=12),
    st.booleans(),
)
def test_the_memory_holds_the_beginning_of_the_text(text, rounds, rolls_back):
    """Round after round, whatever was accepted, and whether the target added a token of its own."""
    sequence, memory = begun(text, rolls_back=rolls_back)
    expected = list(text)
    for k, good, own in rounds:
        accepted = min(good, k)
        round_of(sequence, memory, k)
        expected += [100 + index for index in range(accepted)] + ([5] if own else [])
        sequence.edit(len(expected) - own, [5] if own else [])
        assert sequence.tokens == expected
        assert memory.held == expected[: sequence.evaluated]
        assert sequence.evaluated < len(expected)


@given(tokens, st.integers(1, 8), st.data())
def test_what_was_accepted_is_evaluated_again_and_nothing_else(text, k, data):
    """One pending token for each accepted one, and the target's own; none where nothing was taken back."""
    accepted = data.draw(st.integers(0, k))
    sequence, memory = begun(text, rolls_back=False)
    round_of(sequence, memory, k)
    sequence.begin_round()
    sequence.edit(len(text) + accepted, [5])
    pending = len(sequence.tokens) - sequence.evaluated
    assert pending == (accepted + 1 if accepted < k - 1 else 1 + (accepted == k))
    assert (sequence.restore_s > 0) == (accepted < k - 1)


@given(tokens, st.data())
def test_behind_every_copy_the_text_is_read_again(text, data):
    """Where the text is cut before the beginning of the last round, and of the prompt."""
    sequence, memory = begun([1, *text], rolls_back=False)
    round_of(sequence, memory, 3)
    keep = data.draw(st.integers(1, len(text)))
    sequence.edit(keep, [5])
    sequence.evaluate_up_to(keep)
    assert memory.held == [1, *text][:keep]


def test_no_copy_is_made_of_a_memory_that_can_be_cut():
    """Its rounds are as they always were."""
    sequence, memory = begun([1, 2, 3], rolls_back=True)
    assert sequence.checkpoints is None
    round_of(sequence, memory, 4)
    assert sequence.save_s == 0.0
    sequence.edit(4, [5])
    assert (sequence.restore_s, memory.held) == (0.0, [1, 2, 3, 100])


def test_a_copy_that_fails_forgets_the_sequence():
    """What the memory holds is not known then; the next request is told that there is no sequence."""
    sequence, memory = begun([1, 2, 3], rolls_back=False)
    round_of(sequence, memory, 4)
    memory.refuses = True
    with pytest.raises(AgentError, match="go back to a copy"):
        sequence.edit(3, [])
    with pytest.raises(AgentError, match="no sequence yet"):
        sequence.edit(1, [])


def test_a_memory_that_cannot_be_copied_is_told():
    """With what llama.cpp logged."""
    memory = Memory(rolls_back=False)
    memory.held = [1]
    memory.api.llama_state_seq_get_data_ext = lambda *_: 0
    with pytest.raises(AgentError, match="could not copy") as refused:
        Checkpoints(memory).save(0, 1)  # type: ignore[arg-type]
    assert refused.value.found == "nothing"


def test_timing_leaves_the_sequence_as_it_was():
    """Samples of each number of pending tokens, and the memory as before."""
    sequence, memory = begun(list(range(20)), rolls_back=False)
    found = time_returns(sequence, Returns(pending=(1, 3), rounds=4, warmup=1, seconds=60.0), Deadline())
    for part in ("restore_s", "first_two_s", "save_s"):
        of_each = found[part]
        assert isinstance(of_each, list)
        assert [len(samples) for samples in of_each] == [4, 4]
    assert found["checkpoint_bytes"] == 2 * 22 + 1
    assert (sequence.tokens, sequence.evaluated, memory.held) == (list(range(20)), 19, list(range(19)))


@pytest.mark.parametrize(("text", "rolls_back"), [([1], False), ([1, 2, 3], True)])
def test_there_is_something_to_time_only_where_a_copy_is_gone_back_to(text, rolls_back):
    """A usage error; the sequence stays."""
    sequence, _ = begun(text, rolls_back=rolls_back)
    with pytest.raises(AgentError, match="nothing to time"):
        time_returns(sequence, Returns(rounds=1, warmup=0, seconds=1.0), Deadline())
    assert sequence.tokens == text


def test_a_llama_cpp_that_knows_no_part_copies_all():
    """As earlier ones do: the same calls without flags."""
    memory = Memory(rolls_back=False)
    for call in ("get_size", "get_data", "set_data"):
        setattr(memory.api, f"llama_state_seq_{call}", getattr(memory.api, f"llama_state_seq_{call}_ext"))
        delattr(memory.api, f"llama_state_seq_{call}_ext")
    sequence = Sequence(memory, Deadline())  # type: ignore[arg-type]
    sequence.begin([1, 2, 3])
    round_of(sequence, memory, 4)
    sequence.edit(4, [5])
    assert memory.held == [1, 2, 3]


def test_a_copy_grows_with_what_is_copied():
    """Some memories hold more the longer the text is."""
    memory = Memory(rolls_back=False)
    checkpoints = Checkpoints(memory)  # type: ignore[arg-type]
    for length in (1, 50, 3):
        memory.held = list(range(length))
        checkpoints.save(1, length)
        memory.held = [9] * length
        assert checkpoints.restore(length) == length
        assert memory.held == list(range(length))
    assert isinstance(checkpoints._copies[1], ctypes.Array)


@given(st.lists(st.integers(0, 99), min_size=2, max_size=30), st.integers(1, 5), st.booleans())
def test_each_prefill_evaluates_the_whole_text_from_nothing(text, prefills, rolls_back):
    """In the model's own batches, with nothing kept of the prefill before; the sequence is as it was."""
    sequence, memory = begun(text, rolls_back=rolls_back)
    whole = memory.batches.copy()  # of the first time
    memory.batches.clear()
    found = time_prefills(sequence, Prefills(prefills=prefills, seconds=60.0), Deadline())
    assert memory.batches == whole * prefills
    assert found["evaluated"] == len(text) - 1
    assert (sequence.tokens, sequence.evaluated, memory.held) == (text, len(text) - 1, text[:-1])
    round_of(sequence, memory, 3)
    sequence.edit(len(text), [])
    assert memory.held == text[: sequence.evaluated]


def test_time_bounds_the_prefills_but_one_is_always_made():
    """With hardly any seconds, one."""
    sequence, _ = begun([1, 2, 3], rolls_back=True)
    stamps_s = time_prefills(sequence, Prefills(prefills=9, seconds=1e-9), Deadline())["stamps_s"]
    assert isinstance(stamps_s, list)
    assert len(stamps_s) == 1


@pytest.mark.parametrize("text", [[], [1]])
def test_without_a_token_before_the_last_there_is_no_prefill(text):
    """The last one is evaluated by the round that begins."""
    sequence = Sequence(Memory(rolls_back=True), Deadline())  # type: ignore[arg-type]
    if text:
        sequence.begin(text)
    with pytest.raises(AgentError, match="nothing to evaluate"):
        time_prefills(sequence, Prefills(prefills=1, seconds=1.0), Deadline())
