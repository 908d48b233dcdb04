"""Which files of a repository make up a model, by their names alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.families.hub.hub_files import choose_gguf, choose_model, choose_tokenizer, is_transformers
from configspec.testbed.family_spec import HubSpec
from configspec.testbed.quant_names import QUANTISATIONS

# As such repositories are laid out: quantisations whose names begin alike, other spellings, shards in a folder.
GGUF = [
    ".gitattributes",
    "README.md",
    *(f"Llama-3.2-1B-Instruct-{quant}.gguf" for quant in ("Q4_0", "Q4_0_4_4", "Q4_K_M", "Q6_K", "Q6_K_L", "IQ4_XS")),
    "Llama-3.2-1B-Instruct-f16.gguf",
    "Llama-3.2-1B-Instruct-bf16.gguf",
    *(f"Q8_0/Llama-3.2-1B-Instruct-Q8_0-{number:05}-of-00003.gguf" for number in (1, 2, 3)),
]
MODEL = ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "merges.txt", "vocab.json"]
MODEL += ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
OTHERS = ["pytorch_model.bin", "original/consolidated.00.pth", "original/tokenizer.model", "consolidated.safetensors"]
OTHERS += ["onnx/model.safetensors", "README.md", "USE_POLICY.md", ".gitattributes"]


def spec(file: str | None = None) -> HubSpec:
    return HubSpec(repo="me/model", file=file)


@pytest.mark.parametrize("file", [None, "Llama-3.2-1B-Instruct-{quant}.gguf", "*-{quant}.GGUF"])
@pytest.mark.parametrize("quant", ["Q4_0", "Q4_K_M", "Q6_K", "F16", "BF16"])
def test_a_quantisation_is_a_whole_word(file: str | None, quant: str) -> None:
    """Q6_K is not Q6_K_L, F16 not bf16; upper and lower case are alike."""
    (chosen,) = choose_gguf(spec(file), GGUF, quant)
    assert chosen.lower() == f"llama-3.2-1b-instruct-{quant.lower()}.gguf"


def test_chat_templates_come_with_a_model_and_its_tokenizer() -> None:
    """The default one and those beside it; of folders, theirs alone."""
    templates = ["chat_template.jinja", "additional_chat_templates/tool_use.jinja"]
    others = ["additional_chat_templates/more/x.jinja", "additional_chat_templates/README.md", "original/x.jinja"]
    files = [*MODEL, *OTHERS, *templates, *others]
    for chosen in (choose_model(spec(), files), choose_tokenizer(spec(), files)):
        assert [name for name in chosen if "template" in name] == templates


@pytest.mark.parametrize("file", [None, "Q8_0/*", "*Q8_0-00001-of-00003.gguf"])
def test_all_shards_are_chosen_the_first_first(file: str | None) -> None:
    """Also where the pattern matches one of them."""
    assert choose_gguf(spec(file), GGUF[::-1], "Q8_0") == tuple(GGUF[-3:])


def test_a_missing_shard_is_named() -> None:
    """Nothing is fetched of a model that is not whole."""
    with pytest.raises(UsageError, match=r"me/model@main lacks Q8_0/.*-00002-of-00003\.gguf, of 3 files"):
        choose_gguf(spec(), [*GGUF[:-2], GGUF[-1]], "Q8_0")


def test_a_pattern_that_matches_nothing_shows_what_there_is() -> None:
    """With the nearest name."""
    with pytest.raises(UsageError, match=r"'Llama-3.2-1B-Instruct-Q5_K_M\.gguf'\. Did you mean 'Llama.*Known: Llama"):
        choose_gguf(spec("Llama-3.2-1B-Instruct-{quant}.gguf"), GGUF, "Q5_K_M")
    with pytest.raises(UsageError, match=r"There is none\. It holds config\.json, "):
        choose_gguf(spec(), MODEL, "Q4_K_M")


def test_a_pattern_that_matches_two_models_is_refused() -> None:
    """Never the first of several."""
    with pytest.raises(UsageError, match=r"has 2 models that match '\*f16\.gguf': .*bf16\.gguf, .*f16\.gguf\. Let"):
        choose_gguf(spec("*f16.gguf"), GGUF, "F16")


@given(st.sampled_from(QUANTISATIONS), st.lists(st.sampled_from(QUANTISATIONS), unique=True))
def test_each_quantisation_selects_its_own_file(quant: str, others: list[str]) -> None:
    """Of any that lie beside it, by the default pattern."""
    files = [f"model-{one}.gguf" for one in {quant, *others}]
    assert choose_gguf(spec(), files, quant) == (f"model-{quant}.gguf",)


def test_a_model_is_its_configuration_weights_and_tokenizer() -> None:
    """No pickles, and not the model once more in another layout."""
    assert choose_model(spec(), [*OTHERS, *MODEL]) == tuple(MODEL)


def test_a_tokenizer_comes_without_weights() -> None:
    """Whatever their number."""
    assert choose_tokenizer(spec(), [*OTHERS, *MODEL]) == tuple(MODEL[:6])


def test_a_repository_of_another_kind_is_refused() -> None:
    """With a part of what it holds, and what would do."""
    assert is_transformers(MODEL)
    assert not is_transformers(GGUF)
    with pytest.raises(UsageError, match=r"no model for transformers .*it holds \.gitattributes, .*select its GGUF"):
        choose_model(spec(), GGUF)
    with pytest.raises(UsageError, match=r"holds no tokenizer\.json; it holds nothing"):
        choose_tokenizer(spec(), [])
