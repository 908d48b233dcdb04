"""What is llama.cpp's own: states that cannot be cut, batches larger than one, files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.targets.llama_target import LlamaTarget
from configspec.testbed.family_spec import TargetSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.decoding import Decoding

pytestmark = pytest.mark.real
pytest.importorskip("llama_cpp", reason="needs llama-cpp-python: pip install 'configspec[llama]'")
pytest.importorskip("gguf", reason="needs gguf: pip install 'configspec[llama]'")

from recurrent_models import RandomModel, invented_vocabulary, write_model  # noqa: E402 (needs gguf)

PROMPT = tuple(range(2, 40))
GREEDY = Decoding()


def _open(path: Path, *, context: int = 256) -> LlamaTarget:
    return LlamaTarget(TargetSpec(gguf=path, llama_cpp=LlamaCppSpec(threads=1, context=context)))


def test_a_recurrent_state_is_made_anew(tmp_path: Path) -> None:
    """Mamba's cannot be cut: after a rejected draft, verdicts are a fresh text's all the same, and it is timed."""
    model = RandomModel(architecture="mamba", vocabulary=invented_vocabulary(300), width=64, layers=2)
    write_model(tmp_path / "mamba.gguf", model)
    target = _open(tmp_path / "mamba.gguf")
    target.prefill(PROMPT)
    fresh = target.verify([7, 8, 9])
    target.keep(len(PROMPT) + 1)
    assert target.verify([8, 9]) == fresh[1:]
    assert target.pass_s(context=20, tokens=4, requests=2) > 0
    target.close()


def test_many_tokens_are_verified_in_parts(target_gguf: Path) -> None:
    """More tokens than one batch has rows give the verdicts, and the distributions, that smaller parts give."""
    target = _open(target_gguf)
    target._rows.size = 7
    target.prefill(())
    parts = target.verify(PROMPT)
    target.prefill(())
    spread = target.distributions(PROMPT, GREEDY)
    target.close()
    whole = _open(target_gguf)
    whole.prefill(())
    assert whole.verify(PROMPT) == parts == spread.argmax(axis=1).tolist()
    whole.close()


def test_a_text_that_does_not_fit_is_refused_with_both_figures(target_gguf: Path) -> None:
    """The context that the file was opened with, and the tokens that were asked for; the text goes on after that."""
    target = _open(target_gguf, context=40)
    target.prefill(PROMPT)
    with pytest.raises(UsageError, match=r"context of 40 tokens; 41 are needed.*llama_cpp\.context"):
        target.verify([5, 6, 7])
    assert len(target.verify([5, 6])) == 2
    target.close()


def test_longer_passes_get_more_room(target_gguf: Path) -> None:
    """A pass longer than those before it, for the same texts, is timed too."""
    target = _open(target_gguf)
    assert target.pass_s(context=8, tokens=2, requests=1) > 0
    assert target.pass_s(context=8, tokens=100, requests=1) > 0
    target.close()


@pytest.mark.parametrize("content", [b"", b"not a model", b"GGUF" + bytes(100)])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message names the file."""
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"broken\.gguf"):
        _open(path)
