"""Models whose memory cannot be cut, of random numbers: after a rejection they draft what a fresh text would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from configspec.devices.device import Device, open_device
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.decoding import Decoding

pytestmark = pytest.mark.real
pytest.importorskip("llama_cpp", reason="needs llama-cpp-python: pip install 'configspec[llama]'")
pytest.importorskip("gguf", reason="needs gguf: pip install 'configspec[llama]'")
from recurrent_models import ARCHITECTURES, RandomModel, invented_vocabulary, write_model  # noqa: E402 (needs gguf)

PROMPT = list(range(2, 40))
K = 5


@pytest.fixture(scope="module")
def board(agent_cache: Path) -> Iterator[Device]:
    """The machine of the tests, with one thread."""
    spec = DeviceSpec(name="here", connection="local", llama_cpp=LlamaCppSpec(threads=1, context=256))
    with open_device(spec, agent_cache) as opened:
        yield opened


@pytest.fixture(scope="module", params=ARCHITECTURES)
def device(request: pytest.FixtureRequest, board: Device, tmp_path_factory: pytest.TempPathFactory) -> Device:
    """The board, with a model of one architecture open."""
    path = tmp_path_factory.mktemp("gguf") / "recurrent.gguf"
    write_model(path, RandomModel(architecture=request.param, vocabulary=invented_vocabulary(300), width=128))
    facts = board.open_model(path)
    assert (facts.architecture, facts.rolls_back) == (request.param, False)
    return board


@pytest.mark.parametrize("decoding", [None, Decoding(temperature=1.5)], ids=["greedy", "sampled"])
def test_a_rejected_draft_leaves_no_trace_in_the_memory(device: Device, decoding: Decoding | None) -> None:
    """After 0 to K accepted tokens, the next draft is what a fresh sequence gives; as many are pending as must be."""
    device.prefill(PROMPT)
    first = device.draft(K, decoding=decoding, seed=1)
    assert len(set(first.tokens)) > 2
    for accepted in range(K + 1):
        device.prefill([*PROMPT, *first.tokens[:accepted], 7])
        fresh = device.draft(K, decoding=decoding, seed=2)
        device.prefill(PROMPT)
        assert device.draft(K, decoding=decoding, seed=1).tokens == first.tokens
        going_on = device.draft(K, keep=len(PROMPT) + accepted, append=[7], decoding=decoding, seed=2)
        assert going_on.tokens == fresh.tokens
        back = going_on.going_back
        assert back is not None
        assert (back.restore_s > 0) == (accepted < K - 1)
        assert back.pending == (accepted + 1 if accepted < K - 1 else 1 + (accepted == K))
        assert 0 < back.save_s < going_on.drafting_s


def test_rounds_and_scores_agree_with_the_draft(device: Device) -> None:
    """Every timed round starts from the same memory, and scoring proposes the same tokens."""
    device.prefill(PROMPT)
    timed = device.timed_rounds(6, rounds=4, warmup=1, seconds=60.0)
    assert timed.rounds_that_differ == 0
    assert device.score([*PROMPT, *timed.tokens], len(PROMPT)).argmax == timed.tokens


def test_going_back_is_timed_part_by_part(device: Device) -> None:
    """Each number of pending tokens as often as was asked; the sequence is the same afterwards."""
    device.prefill(PROMPT)
    drafted = device.draft(K).tokens
    device.rollback(len(PROMPT))
    timed = device.timed_returns((1, 4), rounds=3, warmup=1, seconds=60.0)
    assert (timed.pending, timed.rounds, timed.depth) == ((1, 4), 3, len(PROMPT))
    assert timed.checkpoint_bytes > 0
    assert all(sample > 0 for part in (timed.restore_s, timed.save_s) for samples in part for sample in samples)
    assert device.draft(K).tokens == drafted


def test_one_token_needs_no_copy(device: Device) -> None:
    """K = 1 evaluates nothing that could be taken back."""
    device.prefill(PROMPT)
    device.draft(1)
    back = device.draft(1, keep=len(PROMPT), append=[7]).going_back
    assert back is not None
    assert (back.restore_s, back.save_s, back.pending) == (0.0, 0.0, 1)


def test_a_memory_that_can_be_cut_has_nothing_to_go_back_by(board: Device, tiny_gguf: Path) -> None:
    """A transformer's: no copy is made, nothing more is reported, and there is nothing to time."""
    assert board.open_model(tiny_gguf).rolls_back is True
    board.prefill(PROMPT)
    board.draft(K)
    assert board.draft(K, keep=len(PROMPT) + 1, append=[7]).going_back is None
    with pytest.raises(UsageError, match="a model whose memory can be cut"):
        board.timed_returns((1, 2), rounds=1, warmup=0, seconds=1.0)
