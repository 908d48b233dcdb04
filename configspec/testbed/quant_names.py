"""What quantisations are called: llama.cpp's names, other spellings of them, and the labels of those who make files.

`llama-quantize --help` lists the names. Files carry them in small letters (`q8_0`), `F16` also as `fp16`, and models
stored in four-bit floats say `mxfp4`. A *label* names a mixture of types that llama.cpp has no name for, or the
collection that a file belongs to: `Q4_K_L`, `UD-Q4_K_XL`, `i1-Q4_K_M`. llama.cpp makes none of them, so only ready
files have one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from configspec.errors import did_you_mean

# Plain floats first.
QUANTISATIONS = (
    *("F32", "F16", "BF16"),
    *("Q1_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"),
    *("Q2_K", "Q2_K_S", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K"),
    *("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ3_XXS", "IQ3_XS", "IQ3_S", "IQ3_M"),
    *("IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4_MOE", "NVFP4"),
)
# As files and llama-quantize spell them too.
SPELLINGS = {"FP32": "F32", "FP16": "F16", "MXFP4": "MXFP4_MOE", "Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"}
_BEGINS = r"(?:I?Q|TQ|B?F|FP|MXFP|NVFP)[0-9]"
# A label of one word: a K-quant with larger outer layers, or weights rearranged for one kind of processor.
_ONE_WORD = r"(?:Q[2-8]_K_(?:L|XL|XXL)|Q4_0_(?:4_4|4_8|8_8))"
_WORD = r"[A-Za-z0-9][A-Za-z0-9_]*"
_JOINED = rf"(?={_WORD}[-.])(?:{_WORD}[-.])*{_BEGINS}[A-Za-z0-9_]*(?:[-.]{_WORD})*"


def _any_case(pattern: str) -> str:
    """The pattern for small and capital letters, without a flag: JSON Schema has none."""
    return re.sub(r"[A-Z](?![^\[]*\])", lambda letter: f"[{letter[0]}{letter[0].lower()}]", pattern)


LABEL_PATTERN = _any_case(rf"^(?:{_ONE_WORD}|{_JOINED})$")
PATTERN = _any_case(rf"^(?:{'|'.join((*QUANTISATIONS, *SPELLINGS))}|{_ONE_WORD}|{_JOINED})$")


def quant_name(written: str) -> str:
    """llama.cpp's name for what was written, or the label as it is.

    >>> quant_name("fp16"), quant_name("q8_0"), quant_name("UD-Q4_K_XL")
    ('F16', 'Q8_0', 'UD-Q4_K_XL')

    Raises:
        ValueError: It is neither; the message continues the name of a key.
    """
    capital = written.upper()
    name = SPELLINGS.get(capital, capital)
    if name in QUANTISATIONS:
        return name
    if re.fullmatch(LABEL_PATTERN, written):
        return written
    known = did_you_mean(written, QUANTISATIONS)
    raise ValueError(f"is {written!r}, which is not a quantisation of llama.cpp. {known}")


def is_label(quant: str) -> bool:
    """Whether it is a file maker's own, which llama.cpp cannot make."""
    return quant not in QUANTISATIONS


def spellings(quant: str) -> tuple[str, ...]:
    """How the names of files say it, in capital letters, llama.cpp's way first."""
    return (quant.upper(), *(other for other, name in SPELLINGS.items() if name == quant))


def twins(written: Iterable[str]) -> list[str]:
    """The names that are written more than once, in whatever spelling."""
    names = Counter(SPELLINGS.get(one.upper(), one.upper()) for one in written)
    return sorted(name for name, times in names.items() if times > 1)
