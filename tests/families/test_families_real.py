"""Converted and quantised files in llama.cpp itself, beside the same folder in transformers."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gguf")
llama_cpp = pytest.importorskip("llama_cpp")

from configspec.cache import Store  # noqa: E402
from configspec.errors import TestbedError, UsageError  # noqa: E402
from configspec.families.build import ensure_draft, ensure_family  # noqa: E402
from configspec.families.gguf.gguf_facts import read_facts  # noqa: E402
from configspec.families.gguf.gguf_writer import write_gguf  # noqa: E402
from configspec.families.gguf.quantize import quantize  # noqa: E402
from configspec.testbed.family_spec import DraftSpec, FamilySpec, TargetSpec  # noqa: E402

pytestmark = pytest.mark.real
MakeFolder = Callable[..., Path]

TEXTS = (
    "the theme in there: 12 123 1234 12345,67",
    "def __init__(self, *args: int) -> None:\n    return self.x[0] != 'don''t'\n\n\n\tpass  \n",
    "naïve Ünïcödé 中文字 日本語 한국어 Ελληνικά 🙂🙃 e\u0301 \u00a0\u2003x",
    "  leading, trailing and    inner   blanks \r\n\r\n  I'LL we'Ve\n \n x",
    "²½ ٣٤٥ <not a special> <|begin| >",
    "",
)
LLAMA3_ROPE = {
    "rope_theta": 5000.0,
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
LINEAR_ROPE = {"rope_theta": 5000.0, "rope_type": "linear", "factor": 4.0}
YARN_ROPE = {"rope_theta": 5000.0, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
MODELS: dict[str, dict[str, Any]] = {
    "llama": {"architecture": "LlamaForCausalLM", "layers": 2},
    "llama-untied": {"architecture": "LlamaForCausalLM", "tied": False, "shards": 2},
    "llama-stretched": {"architecture": "LlamaForCausalLM", "layers": 2, "config": {"rope_parameters": LLAMA3_ROPE}},
    "llama-linear": {"config": {"rope_parameters": None, "rope_scaling": {"type": "linear", "factor": 4.0}}},
    "llama-yarn": {"config": {"rope_parameters": YARN_ROPE}},
    "qwen3": {"architecture": "Qwen3ForCausalLM", "layers": 2},
    "qwen3-linear": {"architecture": "Qwen3ForCausalLM", "config": {"rope_parameters": LINEAR_ROPE}},
    "qwen3-yarn": {"architecture": "Qwen3ForCausalLM", "config": {"rope_parameters": YARN_ROPE}},
}


def opened(path: Path) -> Any:
    return llama_cpp.Llama(str(path), n_ctx=256, n_threads=2, logits_all=True, verbose=False)


@pytest.mark.parametrize("model", MODELS)
def test_llama_cpp_computes_what_transformers_computes(make_folder: MakeFolder, tmp_path: Path, model: str) -> None:
    """Logits at every position of a random model differ by F16's rounding only, and name the same tokens."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    folder = make_folder(**MODELS[model])
    write_gguf(folder, tmp_path / "out.gguf")
    ids = np.random.default_rng(3).integers(2, 265, 200).tolist()
    reference = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, trust_remote_code=False
    ).eval()
    with torch.no_grad():
        expected = reference(torch.tensor([ids])).logits[0].numpy()
    llama = opened(tmp_path / "out.gguf")
    llama.eval(ids)
    found = np.array(llama.scores[: len(ids)])
    spread = expected.std()
    assert np.abs(found - expected).max() < 0.02 * spread
    top_two = np.sort(expected, axis=1)[:, -2:]
    clear = top_two[:, 1] - top_two[:, 0] > 0.04 * spread
    assert clear.mean() > 0.8
    assert (found.argmax(axis=1) == expected.argmax(axis=1))[clear].all()


@pytest.mark.parametrize("architecture", ["LlamaForCausalLM", "Qwen3ForCausalLM"])
@pytest.mark.parametrize("first", [None, "<|begin|>"])
def test_llama_cpp_cuts_text_as_transformers_does(
    make_folder: MakeFolder, tmp_path: Path, architecture: str, first: str | None
) -> None:
    """Code, digits, line ends, blanks and other scripts, by a tokenizer trained on this file, bos or not."""
    tokenizers = pytest.importorskip("tokenizers")
    folder = make_folder(architecture=architecture, rows=600, first=first)
    trained = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<|begin|>", "<|end|>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train_from_iterator([Path(__file__).read_text(), *TEXTS], trainer)
    trained.save(str(folder / "tokenizer.json"))
    write_gguf(folder, tmp_path / "out.gguf")
    reference = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    llama = opened(tmp_path / "out.gguf")
    assert reference.get_vocab_size() > 500
    for text in TEXTS:
        ours = llama.tokenize(text.encode(), add_bos=True, special=False)
        assert ours == reference.encode(text).ids, text
        if first is None:  # llama-cpp-python drops a blank after bos
            assert llama.detokenize(ours).decode() == text


def test_quantised_files_are_what_they_are_called(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Real K-quants without fallback types at a width of 256, in the expected order of size, all of which answer."""
    family, draft = family_of(make_folder(layers=2))
    store = Store(tmp_path / "cache")
    built = {built.quant: built for built in ensure_family(family, store, lambda line: None)}
    types = {quant: dict(read_facts(built[quant].path).tensor_types) for quant in built}
    assert types["Q4_K_M"].keys() == {"F32", "Q4_K", "Q6_K"}
    assert types["Q6_K"].keys() == {"F32", "Q6_K"}
    assert types["Q8_0"].keys() == {"F32", "Q8_0"}
    sizes = [built[quant].size_bytes for quant in ("Q4_K_M", "Q6_K", "Q8_0", "F16")]
    assert sizes == sorted(set(sizes))
    for each in built.values():
        llama = opened(each.path)
        llama.eval([5, 6, 7])
        assert np.isfinite(llama.scores[:3]).all()
    said: list[str] = []
    assert ensure_draft(family, draft, "Q6_K", store, said.append) == built["Q6_K"].path
    assert said == []


def test_a_narrow_model_says_that_its_name_is_not_the_whole_truth(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Rows of 192 values cannot be K-quants: llama.cpp takes another type for them and keeps the file's name."""
    family, draft = family_of(make_folder(feed_forward=192))
    said: list[str] = []
    path = ensure_draft(family, draft, "Q6_K", Store(tmp_path / "cache"), said.append)
    assert read_facts(path).quant == "Q6_K"
    assert read_facts(path).fallbacks == ("Q8_0",)
    assert "is named Q6_K, but holds Q8_0 too" in said[-1]


def family_of(folder: Path) -> tuple[FamilySpec, DraftSpec]:
    draft = DraftSpec(name="xs", safetensors=folder)
    quants = ("Q4_K_M", "Q6_K", "Q8_0", "F16")
    family = FamilySpec(name="tiny", target=TargetSpec(transformers=folder), drafts={"xs": draft}, quants=quants)
    return family, draft


def test_quantising_is_silent_and_repeatable(
    make_folder: MakeFolder, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """llama.cpp writes pages to stderr by itself; the bytes do not depend on the number of threads."""
    write_gguf(make_folder(), tmp_path / "f16.gguf")
    for threads in (1, 2):
        quantize(tmp_path / "f16.gguf", tmp_path / f"{threads}.gguf", "Q4_K_M", threads)
    assert (tmp_path / "1.gguf").read_bytes() == (tmp_path / "2.gguf").read_bytes()
    assert capfd.readouterr() == ("", "")


def test_f16_is_a_copy(make_folder: MakeFolder, tmp_path: Path) -> None:
    """The source is F16 already."""
    write_gguf(make_folder(), tmp_path / "f16.gguf")
    quantize(tmp_path / "f16.gguf", tmp_path / "out.gguf", "F16")
    assert (tmp_path / "out.gguf").read_bytes() == (tmp_path / "f16.gguf").read_bytes()


def test_an_unknown_quantisation_is_refused_before_anything_is_built(make_folder: MakeFolder, tmp_path: Path) -> None:
    """With the nearest that llama.cpp has."""
    family, draft = family_of(make_folder())
    with pytest.raises(UsageError, match=r"'Q4_KM'.*Did you mean 'Q4_K_M'\?"):
        ensure_draft(family, draft, "Q4_KM", Store(tmp_path / "cache"), pytest.fail)
    assert not list((tmp_path / "cache").rglob("*.gguf"))


def test_llama_cpps_refusal_brings_the_end_of_its_log(make_folder: MakeFolder, tmp_path: Path) -> None:
    """A file of Q8_0 is not quantised again, and llama.cpp says why."""
    write_gguf(make_folder(), tmp_path / "f16.gguf")
    quantize(tmp_path / "f16.gguf", tmp_path / "q8.gguf", "Q8_0")
    with pytest.raises(UsageError, match=r"(?s)could not quantise .*q8\.gguf to Q4_K_M.*requantizing"):
        quantize(tmp_path / "q8.gguf", tmp_path / "out.gguf", "Q4_K_M")


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Files of this process may not grow beyond 300 kB for a while."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_while_converting_is_the_testbeds_fault(
    make_folder: MakeFolder, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Numpy does not say why it wrote less than all."""
    family, draft = family_of(make_folder())
    request.getfixturevalue("small_disk")
    with pytest.raises(TestbedError, match="No space left"):
        ensure_draft(family, draft, "F16", Store(tmp_path / "cache"), lambda line: None)
    assert not list((tmp_path / "cache").rglob("*.gguf"))


def test_a_disk_that_fills_while_quantising_is_the_testbeds_fault(
    make_folder: MakeFolder, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """And llama.cpp says "iostream error"."""
    family, draft = family_of(make_folder())
    store = Store(tmp_path / "cache")
    converted = ensure_draft(family, draft, "F16", store, lambda line: None)
    request.getfixturevalue("small_disk")
    with pytest.raises(TestbedError, match="No space left"):
        ensure_draft(family, draft, "Q8_0", store, lambda line: None)
    assert list((tmp_path / "cache").rglob("*.gguf")) == [converted]


def test_the_log_goes_where_it_went_before(make_folder: MakeFolder, tmp_path: Path) -> None:
    """Quantising takes llama.cpp's one log callback and gives it back."""
    seen: list[bytes] = []
    callback = llama_cpp.llama_log_callback(lambda level, text, data: seen.append(text))
    llama_cpp.llama_log_set(callback, None)
    write_gguf(make_folder(), tmp_path / "f16.gguf")
    quantize(tmp_path / "f16.gguf", tmp_path / "out.gguf", "Q8_0")
    assert seen == []
    opened(tmp_path / "out.gguf")
    assert seen
    from llama_cpp._logger import llama_log_callback

    llama_cpp.llama_log_set(llama_log_callback, None)
