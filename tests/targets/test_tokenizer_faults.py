"""What a library raises over a file becomes one error for people; what ends a run stays what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage import HOSTILE_TEXTS, civil

from configspec.errors import TestbedError, UsageError
from configspec.targets.tokenizer_faults import told_of

FILE = Path("models/tokenizer.json")


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_fault_names_the_file_its_kind_and_its_first_line(text: str) -> None:
    """In printable words, however much of the file the library quotes."""
    with (
        pytest.raises(UsageError, match=r"^models/tokenizer\.json: it cannot be read: KeyError") as told,
        told_of(FILE, "it cannot be read"),
    ):
        raise KeyError(text)
    civil(2, str(told.value))
    assert len(str(told.value)) < 400


def test_a_panic_is_a_fault() -> None:
    """A real one: with this prefix of subwords the package's Rust code slices out of range."""
    tokenizers = pytest.importorskip("tokenizers", reason="needs tokenizers: pip install 'configspec[server]'")
    subwords = tokenizers.models.BPE(vocab={"a": 0, "b": 1, "ab": 2}, merges=[("a", "b")])
    whole = tokenizers.Tokenizer(subwords).to_str()
    document = whole.replace('"continuing_subword_prefix":null', '"continuing_subword_prefix":"\\u2066c"')
    assert document != whole
    with (
        pytest.raises(UsageError, match="it cannot be read: PanicException: ") as told,
        told_of(FILE, "it cannot be read"),
    ):
        tokenizers.Tokenizer.from_str(document)
    assert not isinstance(told.value.__cause__, Exception)


@pytest.mark.parametrize(
    "end", [KeyboardInterrupt(), SystemExit(3), GeneratorExit(), MemoryError(), pytest.fail.Exception("timeout")]
)
def test_the_end_of_a_run_is_no_fault_of_a_file(end: BaseException) -> None:
    """Ctrl-C, a signal, a test's time limit: whoever raised it is waiting for it."""
    with pytest.raises(type(end)) as raised, told_of(FILE, "it cannot be read"):
        raise end
    assert raised.value is end


def test_an_error_for_people_passes() -> None:
    """It says more than what it is wrapped into would."""
    error = TestbedError("the board")
    with pytest.raises(TestbedError) as raised, told_of(FILE, "it cannot be read"):
        raise error
    assert raised.value is error
