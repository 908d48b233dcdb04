"""Repositories of GGUF files as their makers lay them out: which file is a quantisation's, and which never is.

The shapes are those of well-known makers (their names of files, short); no content of theirs.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.families.hub.file_names import other_kind
from configspec.families.hub.hub_files import choose_gguf
from configspec.testbed.family_spec import HubSpec
from configspec.testbed.quant_names import QUANTISATIONS, quant_name, spellings

IMAGES = ["m-4b-it-BF16.gguf", "m-4b-it-Q4_K_M.gguf", "m-4b-it-Q8_0.gguf", "m-4b-it-UD-Q4_K_XL.gguf"]
IMAGES += ["mmproj-BF16.gguf", "mmproj-F16.gguf", "mmproj-F32.gguf", "imatrix_u.gguf_file", "config.json"]
HEADS = ["m-2b-Q8_0.gguf", "mmproj-m-2b-Q8_0.gguf", "mtp-m-2b-Q8_0.gguf"]
DYNAMIC = ["m-0.6b-BF16.gguf", "m-0.6b-IQ4_NL.gguf", "m-0.6b-IQ4_XS.gguf", "m-0.6b-Q2_K.gguf", "m-0.6b-Q2_K_L.gguf"]
DYNAMIC += ["m-0.6b-Q4_K_M.gguf", "m-0.6b-UD-IQ1_S.gguf", "m-0.6b-UD-Q2_K_XL.gguf", "m-0.6b-UD-Q4_K_XL.gguf"]
FOLDERS = [f"UD-Q4_K_XL/m-30B-UD-Q4_K_XL-0000{one}-of-00002.gguf" for one in (1, 2)]
FOLDERS += [f"Q8_0/m-30B-Q8_0-0000{one}-of-00002.gguf" for one in (1, 2)]
FOLDERS += ["BF16/m-30B-BF16-00001-of-00001.gguf", "m-30B-Q4_0.gguf", "imatrix_unsloth.dat", "mmproj-F16.gguf"]
BARE_FOLDERS = [f"Q8_0/model-0000{one}-of-00002.gguf" for one in (1, 2)] + ["F16/model.gguf", "Q4_0/model.gguf"]
OUTER_LAYERS = [f"V_m-0.6B-{quant}.gguf" for quant in ("Q4_0", "Q4_K_L", "Q4_K_M", "Q6_K", "Q6_K_L", "Q8_0", "bf16")]
OUTER_LAYERS += ["V_m-0.6B-imatrix.gguf", "V_m-0.6B.imatrix", "mmproj-V_m-0.6B-f16.gguf"]
REARRANGED = [f"M-3-8B-{quant}.gguf" for quant in ("Q4_0", "Q4_0_4_4", "Q4_0_4_8", "Q4_0_8_8", "IQ4_XS", "f32")]
SMALL_LETTERS = ["m2.5-0.5b-instruct-fp16.gguf", "m2.5-0.5b-instruct-q4_k_m.gguf", "m2.5-0.5b-instruct-q8_0.gguf"]
SHARDED = ["m-7b-q4_0-00001-of-00002.gguf", "m-7b-q4_0-00002-of-00002.gguf", "m-7b-q2_k.gguf", "LICENSE"]
FOUR_BITS = ["m-oss-20b-mxfp4.gguf", "m-oss-20b-Q8_0.gguf"]
DOTTED = [f"M-7B-v0.3.{quant}.gguf" for quant in ("IQ1_M", "Q2_K", "Q4_K_M", "Q8_0", "fp16")] + ["M-7B.imatrix.gguf"]
WEIGHTED = [f"m.i1-{quant}.gguf" for quant in ("IQ1_S", "Q4_0", "Q4_K_M", "Q6_K")] + ["m.imatrix.gguf"]
BOTH = ["m.Q4_K_M.gguf", "m.i1-Q4_K_M.gguf", "m.mmproj-Q8_0.gguf", "m.Q8_0.gguf"]
TERNARY = ["m-TQ1_0.gguf", "m-TQ2_0.gguf", "m-F16.gguf"]
EXTRAS = ["m-Q8_0.gguf", "ggml-vocab-m-Q8_0.gguf", "lora-m-Q8_0.gguf", "m-control-vector-Q8_0.gguf"]
EXTRAS += ["m-adapter-Q8_0.gguf", "MTP/m-Q8_0.gguf", "m-lora-merged-F16.gguf"]
SUFFIXED = ["m-Q8_0.gguf", "m-Q8_0-max.gguf", "m-Q4_K_M-imat.gguf", "m-Q4_K_M-f16-embeddings.gguf"]
TRAINED_IN_FOUR = ["m-3-4b-it-q4_0.gguf", "mmproj-model-f16-4B.gguf"]


def chosen(files: list[str], quant: str, file: str | None = None) -> str:
    return choose_gguf(HubSpec(repo="me/m", file=file), files, quant_name(quant))[0]


@pytest.mark.parametrize(
    ("files", "quant", "wanted"),
    [
        (HEADS, "Q8_0", "m-2b-Q8_0.gguf"),
        (IMAGES, "BF16", "m-4b-it-BF16.gguf"),
        (IMAGES, "UD-Q4_K_XL", "m-4b-it-UD-Q4_K_XL.gguf"),
        *((DYNAMIC, quant, f"m-0.6b-{quant}.gguf") for quant in ("BF16", "IQ4_NL", "IQ4_XS", "Q2_K", "Q2_K_L")),
        *((DYNAMIC, quant, f"m-0.6b-{quant}.gguf") for quant in ("Q4_K_M", "UD-IQ1_S", "UD-Q2_K_XL", "UD-Q4_K_XL")),
        (FOLDERS, "UD-Q4_K_XL", FOLDERS[0]),
        (FOLDERS, "Q8_0", FOLDERS[2]),
        (FOLDERS, "bf16", FOLDERS[4]),
        (FOLDERS, "Q4_0", FOLDERS[5]),
        (BARE_FOLDERS, "Q8_0", BARE_FOLDERS[0]),
        (BARE_FOLDERS, "fp16", "F16/model.gguf"),
        *((OUTER_LAYERS, quant, f"V_m-0.6B-{quant}.gguf") for quant in ("Q4_K_L", "Q4_K_M", "Q6_K", "Q6_K_L", "bf16")),
        *((REARRANGED, quant, f"M-3-8B-{quant}.gguf") for quant in ("Q4_0", "Q4_0_4_4", "Q4_0_8_8", "IQ4_XS", "f32")),
        (REARRANGED, "FP32", "M-3-8B-f32.gguf"),
        (SMALL_LETTERS, "F16", SMALL_LETTERS[0]),
        (SMALL_LETTERS, "Q4_K_M", SMALL_LETTERS[1]),
        (SMALL_LETTERS, "q8_0", SMALL_LETTERS[2]),
        (SHARDED, "Q4_0", SHARDED[0]),
        (FOUR_BITS, "mxfp4", "m-oss-20b-mxfp4.gguf"),
        (FOUR_BITS, "MXFP4_MOE", "m-oss-20b-mxfp4.gguf"),
        (DOTTED, "F16", "M-7B-v0.3.fp16.gguf"),
        (DOTTED, "IQ1_M", "M-7B-v0.3.IQ1_M.gguf"),
        (WEIGHTED, "Q4_K_M", "m.i1-Q4_K_M.gguf"),
        (WEIGHTED, "i1-Q4_K_M", "m.i1-Q4_K_M.gguf"),
        (BOTH, "Q4_K_M", "m.Q4_K_M.gguf"),
        (BOTH, "i1-Q4_K_M", "m.i1-Q4_K_M.gguf"),
        (BOTH, "Q8_0", "m.Q8_0.gguf"),
        (TERNARY, "TQ1_0", "m-TQ1_0.gguf"),
        (EXTRAS, "Q8_0", "m-Q8_0.gguf"),
        (EXTRAS, "F16", "m-lora-merged-F16.gguf"),
        (SUFFIXED, "Q8_0", "m-Q8_0.gguf"),
        (SUFFIXED, "Q8_0-max", "m-Q8_0-max.gguf"),
        (SUFFIXED, "Q4_K_M", "m-Q4_K_M-imat.gguf"),
        (SUFFIXED, "Q4_K_M-imat", "m-Q4_K_M-imat.gguf"),
        (TRAINED_IN_FOUR, "Q4_0", "m-3-4b-it-q4_0.gguf"),
    ],
)
def test_each_quantisation_is_found_as_makers_name_it(files: list[str], quant: str, wanted: str) -> None:
    """In small letters, after a dot, in a folder, in shards, beside labels that begin or end alike."""
    assert chosen(files, quant) == chosen(files[::-1], quant) == wanted


@pytest.mark.parametrize(
    ("files", "quant", "told"),
    [
        (IMAGES, "F16", "mmproj-F16.gguf is the part of a model that reads images, not a language model"),
        (TRAINED_IN_FOUR, "F16", "mmproj-model-f16-4B.gguf is the part of a model that reads images"),
        (HEADS[2:], "Q8_0", "mtp-m-2b-Q8_0.gguf is a head that predicts several tokens"),
        (EXTRAS[1:2], "Q8_0", "ggml-vocab-m-Q8_0.gguf is a vocabulary without weights"),
        (EXTRAS[2:3], "Q8_0", "lora-m-Q8_0.gguf is an adapter"),
        (EXTRAS[3:4], "Q8_0", "m-control-vector-Q8_0.gguf is a control vector"),
        (["m-imatrix-Q8_0.gguf"], "Q8_0", "m-imatrix-Q8_0.gguf is an importance matrix"),
        (DYNAMIC, "IQ1_S", "Did you mean 'm-0.6b-UD-IQ1_S.gguf'?"),
        (DYNAMIC, "Q8_0", "A draft that has others than its family takes `quants` of its own."),
        (OUTER_LAYERS, "Q5_K_M", "Known: V_m-0.6B-Q4_0.gguf, "),
    ],
)
def test_what_is_not_there_is_never_replaced_by_another_file(files: list[str], quant: str, told: str) -> None:
    """One error, with the file that would have matched and why it does not."""
    with pytest.raises(UsageError) as caught:
        chosen(files, quant)
    assert told in str(caught.value)
    assert len(caught.value.lines) == 1


@pytest.mark.parametrize("file", ["mmproj-F16.gguf", "*-F16.gguf", "mmproj*{quant}.gguf"])
def test_a_pattern_that_names_another_kind_of_file_selects_nothing(file: str) -> None:
    """Not even by its whole name: a draft without a vocabulary cannot draft."""
    with pytest.raises(UsageError, match="is the part of a model that reads images"):
        chosen(IMAGES, "F16", file)


def test_a_pattern_may_have_a_makers_prefix() -> None:
    """Then `{quant}` is what follows it."""
    assert chosen(DYNAMIC, "IQ1_S", "*-UD-{quant}.gguf") == "m-0.6b-UD-IQ1_S.gguf"


@given(st.sampled_from(QUANTISATIONS), st.data())
def test_every_spelling_of_a_quantisation_finds_the_same_file(quant: str, data: st.DataObject) -> None:
    """And no other's, of a repository that has them all, each in one of its spellings."""
    spelled = {one: data.draw(st.sampled_from(spellings(one))) for one in QUANTISATIONS}
    small = data.draw(st.booleans())
    files = [f"m-1b-{(one.lower() if small else one)}.gguf" for one in spelled.values()]
    others = [f"{kind}-{name}" for name in files for kind in ("mmproj", "mtp", "lora")]
    wanted = f"m-1b-{(spelled[quant].lower() if small else spelled[quant])}.gguf"
    assert chosen([*others, *files], quant) == wanted


@given(st.from_regex(r"[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8}){0,3}", fullmatch=True), st.sampled_from("-._/"))
def test_a_word_of_a_name_says_what_a_file_is(name: str, between: str) -> None:
    """As a word of its own; `mmprojector` or `implora` say nothing."""
    model = f"{name}x-Q8_0.gguf"
    for word in ("mmproj", "mtp", "imatrix", "vocab", "lora", "cvector"):
        assert other_kind(f"{word}{between}{model}") is not None
        assert other_kind(f"{word}z{between}Q8_0.gguf") is None
