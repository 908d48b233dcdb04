"""Where two texts part, by tokens and by what was printed; and which prompts a program that takes text can be given."""

from __future__ import annotations

from pathlib import Path

import pytest
from assisted import Assisted, counts_of_passes
from end_to_end import Ours, Task, against
from engines import Given, Transformers, given, parted, parted_from_text
from gguf_vocabulary import GgufVocabulary

from configspec.devices.device import open_device
from configspec.families.gguf.gguf_writer import write_gguf
from configspec.targets.registry import open_target
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.family_spec import TargetSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

MODELS = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"


def test_texts_part_at_the_first_token_that_differs_and_not_at_an_end() -> None:
    """One may go on where the other has ended: counts tell that, not the text."""
    assert parted((1, 2, 3), (1, 9, 3)) == 1
    assert parted((1, 2), (1, 2, 3)) is None
    assert parted((1, 2, 3), (1, 2)) is None


def test_a_printed_text_parts_at_the_token_whose_bytes_are_not_there() -> None:
    """The bytes of one letter may be two tokens."""
    pieces = [b"caf", b"\xc3", b"\xa9", b"s"]
    assert parted_from_text(pieces, "cafés".encode()) is None
    assert parted_from_text(pieces, "café".encode()) is None
    assert parted_from_text(pieces, "cafè".encode()) == 2
    assert parted_from_text(pieces, "cafés and more".encode()) is None


def test_the_counts_of_assisted_generation_follow_from_its_passes() -> None:
    """As seen of a prompt of 101 tokens at K = 4, 96 tokens: one pass of 105, 18 of 5, and a last one of 1."""
    assert counts_of_passes([105, *[5] * 18, 1], 101) == (20, 76)


@pytest.mark.real
def test_a_prompt_is_given_where_its_text_leads_back_to_its_ids(tmp_path: Path) -> None:
    """The tokenizer's own ids do; the same text cut into single bytes does not."""
    path = tmp_path / "draft.gguf"
    write_gguf(MODELS / "xs", path)
    with GgufVocabulary(path) as vocabulary:
        ids = vocabulary.ids(b"import os\n")
        one = given("p", ids, vocabulary)
        assert one is not None
        assert (one.ids, one.text) == (ids, b"import os\n")
        in_bytes = [token for byte in b"import os\n" for token in vocabulary.ids(bytes([byte]))]
        assert vocabulary.text(in_bytes) == b"import os\n"
        assert given("p", in_bytes, vocabulary) is None


@pytest.mark.real
def test_assisted_generation_and_ours_accept_the_same(tmp_path: Path) -> None:
    """One target and one draft, by torch on their side: every count of K = 1 and 3 is the same, or a near tie's."""
    path = tmp_path / "draft.gguf"
    write_gguf(MODELS / "xs", path)
    options = LlamaCppSpec(threads=1)
    target = open_target(TargetSpec(transformers=MODELS / "target", llama_cpp=options))
    prompts = tuple(
        Given(id=text, ids=target.tokenize(text), text=b"") for text in ("import os\nimport sys\n", "def main(")
    )
    task = Task(
        name="tiny-llama xs F16",
        prompts=prompts,
        left_out=0,
        ks=(1, 3),
        timed=(),
        new_tokens=24,
        pairs=5,
        at_least=1.0,
    )
    engine = Transformers(Assisted(MODELS / "target", MODELS / "xs", dtype="float32", threads=1))
    with open_device(DeviceSpec(name="local", connection="local"), tmp_path) as device:
        device.open_model(path, options)
        (counts,) = against(engine, Ours(device=device, target=target), task, lambda _: None)
    assert counts.met
    assert counts.n == 4
