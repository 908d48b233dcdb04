"""Texts in files and the names that a person gives them: nothing is guessed, and a wrong name is told."""

from __future__ import annotations

import pytest

from configspec.errors import UsageError
from configspec.records.importers.names import Mapped, ModelText, Names, parse_map, parse_where, stated_quant
from configspec.theory.ids import Drafter

ONE = ModelText(text="a/b-Q4.gguf", aliases=("a/b-Q4.gguf", "b-Q4.gguf"), words="qwen2 1.5B Q4_K - Medium")
OTHER = ModelText(text="a/c.gguf", aliases=("a/c.gguf", "c.gguf"), words="llama 7B all F32")


@pytest.mark.parametrize(
    ("words", "quant"),
    [
        ("qwen2 7B Q4_K - Medium", "Q4_K_M"),
        ("qwen35moe 35B.A3B Q4_K - Small", "Q4_K_S"),
        ("llama 13B Q3_K - Large", "Q3_K_L"),
        ("deepseek2 671B Q2_K - Medium", "Q2_K"),
        ("deepseek2 671B Q2_K - Small", "Q2_K_S"),
        ("llama 7B mostly Q4_0", "Q4_0"),
        ("llama 7B Q4_0 (guessed)", "Q4_0"),
        ("llama 7B all F32", "F32"),
        ("llama 8B F16", "F16"),
        ("llama ?B BF16", "BF16"),
        ("qwen3 0.6B Q8_0", "Q8_0"),
        ("qwen3 8B Q6_K", "Q6_K"),
        ("qwen35moe 35B.A3B IQ4_XS - 4.25 bpw", "IQ4_XS"),
        ("llama 8B IQ2_XXS - 2.0625 bpw", "IQ2_XXS"),
        ("gpt-oss 20B MXFP4 MoE", "MXFP4"),
        ("bitnet 2B TQ2_0 - 2.06 bpw ternary", "TQ2_0"),
        ("llama 7B unknown, may not work", None),
        ("", None),
    ],
)
def test_llama_cpps_words_for_a_quantisation_are_known(words: str, quant: str | None):
    """llama_model_ftype_name, of 2023 and of 2026."""
    assert stated_quant(words) == quant


def test_one_model_takes_the_draft_that_is_said_and_the_quantisation_that_is_stated():
    """And the one that is said, if one is: a UD-Q4_K_XL calls itself Q4_K - Medium."""
    assert Names(draft="xs").drafters([ONE]) == {ONE.text: Drafter(draft="xs", quant="Q4_K_M")}
    said = Names(draft="xs", quant="UD-Q4_K_XL").drafters([ONE])
    assert said == {ONE.text: Drafter(draft="xs", quant="UD-Q4_K_XL")}
    assert ONE.remark(said[ONE.text]) == "'a/b-Q4.gguf' is xs UD-Q4_K_XL, though the file calls it Q4_K_M"


def test_a_draft_that_nobody_named_is_asked_for():
    """The file's own words are no name."""
    with pytest.raises(UsageError, match=r"--draft is missing: the file calls the model 'a/b-Q4\.gguf'"):
        Names().drafters([ONE])


def test_several_models_are_mapped():
    """By path or by file name, with a quantisation or the stated one; those left out are left out."""
    names = Names(models=parse_map(["b-Q4.gguf=xs", "a/c.gguf=s:F32"]))
    assert names.drafters([ONE, OTHER]) == {
        ONE.text: Drafter(draft="xs", quant="Q4_K_M"),
        OTHER.text: Drafter(draft="s", quant="F32"),
    }
    assert list(Names(models=parse_map(["c.gguf=s"])).drafters([ONE, OTHER])) == [OTHER.text]


def test_several_models_without_a_map_are_listed():
    """With the option as it would be written."""
    with pytest.raises(UsageError, match=r"2 models: 'a/b-Q4.gguf'; 'a/c.gguf'. .*--map 'a/b-Q4.gguf=DRAFT:QUANT'"):
        Names(draft="xs").drafters([ONE, OTHER])


def test_a_mapped_name_that_is_in_no_row_is_told_with_the_nearest():
    """A typing mistake is no empty import."""
    with pytest.raises(UsageError, match=r"no row has the model 'b-Q5.gguf'. Did you mean 'b-Q4.gguf'\?"):
        Names(models=parse_map(["b-Q5.gguf=xs"])).drafters([ONE, OTHER])


def test_two_models_never_become_one_cell():
    """Their figures would be mixed."""
    with pytest.raises(UsageError, match="two cells"):
        Names(models=parse_map(["b-Q4.gguf=xs:Q8_0", "c.gguf=xs:Q8_0"])).drafters([ONE, OTHER])


@pytest.mark.parametrize("text", ["", "x", "=a", "a=", "a=b:", "a=:Q", "a=\0", f"a={'x' * 300}"])
def test_a_map_of_another_form_is_told(text: str):
    """It takes TEXT=DRAFT:QUANT."""
    with pytest.raises(UsageError, match=r"--map|--draft"):
        parse_map([text])


def test_a_text_may_hold_an_equals_sign():
    """The last one parts it."""
    assert parse_map(["a=b.gguf=xs:Q8_0"]) == {"a=b.gguf": Mapped(draft="xs", quant="Q8_0")}


@pytest.mark.parametrize("texts", [["x"], ["=1"], ["a=1", "a=2"]])
def test_a_condition_of_another_form_is_told(texts: list[str]):
    """Each column once."""
    with pytest.raises(UsageError, match="COLUMN=VALUE"):
        parse_where(texts)
