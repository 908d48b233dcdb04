"""What a quantisation may be called."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.testbed.quant_names import PATTERN, QUANTISATIONS, SPELLINGS, is_label, quant_name, spellings, twins
from configspec.testbed.read import read_inventory

WriteInventory = Callable[[str | bytes], Path]
names = st.sampled_from(QUANTISATIONS)


@given(st.sampled_from((*QUANTISATIONS, *SPELLINGS)), st.data())
def test_small_and_capital_letters_are_one_name(name: str, data: st.DataObject) -> None:
    """As files have it: `q8_0`, `fp16`, `mxfp4`."""
    written = "".join(data.draw(st.sampled_from((letter.lower(), letter.upper()))) for letter in name)
    assert quant_name(written) == quant_name(name) == SPELLINGS.get(name, name)
    assert name in spellings(quant_name(written))
    assert not is_label(quant_name(written))


@pytest.mark.parametrize(
    "label",
    [
        *("UD-Q4_K_XL", "UD-IQ2_M", "UD-Q8_K_XL", "Q4_K_L", "Q6_K_L", "Q2_K_L", "Q3_K_XL", "Q4_0_4_4", "Q4_0_8_8"),
        *("i1-Q4_K_M", "Q4_K_M-imat", "Q8_0-max", "ud-q4_k_xl", "MXFP4_MOE-F16", "bf16.q8_0", "own-Q3_HIFI"),
    ],
)
def test_a_makers_label_stays_as_it_is(label: str) -> None:
    """Beside llama.cpp's names."""
    assert quant_name(label) == label
    assert is_label(label)
    assert re.search(PATTERN, label)


@pytest.mark.parametrize("wrong", ["Q4_K_N", "Q9", "4bit", "UD", "UD-", "-Q4_K_M", "Q4 K M", "Q4_K_M-", "a-b", "", "Q"])
def test_a_slip_is_no_label(wrong: str) -> None:
    """It would be looked for among files, and reported far from where it was made."""
    with pytest.raises(ValueError, match="not a quantisation of llama"):
        quant_name(wrong)
    assert not re.search(PATTERN, wrong)


@given(st.text(st.sampled_from("QqKk_M0148-.UDi XLF"), max_size=12))
def test_the_schema_and_the_reader_are_of_one_mind(written: str) -> None:
    """Of any text of such letters."""
    try:
        quant_name(written)
        taken = True
    except ValueError:
        taken = False
    assert taken == (re.search(PATTERN, written) is not None)


@given(st.lists(names, unique=True, max_size=5))
def test_twins_are_found_in_any_spelling(some: list[str]) -> None:
    """And only twins."""
    assert twins(some) == []
    assert twins([*some, *(one.lower() for one in some)]) == sorted(some)


FAMILY = (
    "devices: {{a: {{connection: local}}}}\n"
    "families: {{f: {{target: {{transformers: models/target}}, drafts: {drafts}, quants: {quants}}}}}\n"
)


def test_a_draft_may_have_quantisations_of_its_own(write_inventory: WriteInventory) -> None:
    """A repository that has one of the family's, or labels beside them; the others keep the family's."""
    drafts = "{xs: models/xs, one: {hub: o/r, quants: [q8_0]}, ud: {hub: o/u, quants: [Q8_0, UD-Q4_K_XL]}}"
    inventory = read_inventory(write_inventory(FAMILY.format(drafts=drafts, quants="[Q4_K_M, Q8_0]")))
    family = inventory.families["f"]
    assert {name: family.quants_of(draft) for name, draft in family.drafts.items()} == {
        "xs": ("Q4_K_M", "Q8_0"),
        "one": ("Q8_0",),
        "ud": ("Q8_0", "UD-Q4_K_XL"),
    }
    assert family.all_quants == ("Q4_K_M", "Q8_0", "UD-Q4_K_XL")


@pytest.mark.parametrize(
    ("drafts", "quants", "told"),
    [
        (
            "{r: {gguf: {F16: ready.gguf}, quants: [F16, Q8_0]}}",
            "[F16]",
            "families.f.drafts.r.gguf has no Q8_0, which families.f.drafts.r.quants asks for",
        ),
        (
            "{xs: models/xs}",
            "[UD-Q4_K_XL]",
            "families.f.quants has UD-Q4_K_XL, a label of ready files: llama.cpp cannot make it of "
            "families.f.drafts.xs.safetensors",
        ),
        (
            "{r: {gguf: {F16: ready.gguf, fp16: ready.gguf}}}",
            "[F16]",
            "families.f.drafts.r.gguf has F16 more than once, in other spellings. Keep one of each.",
        ),
        ("{xs: models/xs}", "[F16, fp16]", "families.f.quants has F16 more than once"),
        ("{xs: {safetensors: models/xs, quants: []}}", "[F16]", "families.f.drafts.xs.quants is []"),
        ("{xs: {hub: o/r, quants: [Q4_K_N]}}", "[F16]", "families.f.drafts.xs.quants[0] is 'Q4_K_N', which is not"),
    ],
)
def test_quantisations_that_cannot_be_are_told(
    write_inventory: WriteInventory, drafts: str, quants: str, told: str
) -> None:
    """With the key that asks for them."""
    with pytest.raises(UsageError) as caught:
        read_inventory(write_inventory(FAMILY.format(drafts=drafts, quants=quants)))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("allow", "told"),
    [
        ("[texts]", "families.f.vocabulary.allow[0] is 'texts', which configspec does not know. Known: added, unread"),
        ("[added, added]", "families.f.vocabulary.allow has added more than once"),
        ("added", "families.f.vocabulary.allow is 'added'. It has to be a list"),
    ],
)
def test_only_known_differences_can_be_allowed(write_inventory: WriteInventory, allow: str, told: str) -> None:
    """A text with another text is none of them."""
    text = FAMILY.format(drafts="{xs: models/xs}", quants=f"[F16], vocabulary: {{allow: {allow}}}")
    with pytest.raises(UsageError) as caught:
        read_inventory(write_inventory(text))
    assert told in str(caught.value)
