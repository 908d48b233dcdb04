"""What the name of a GGUF file says: of which quantisation it is, and whether it is a language model at all.

Repositories put other files beside the models: the part that reads images (`mmproj-F16.gguf`), a head for several
tokens (`mtp-m-Q8_0.gguf`), what a quantisation was weighted with (`m.imatrix.gguf`), a vocabulary, a control vector,
an adapter. Some are named like a quantisation of the model, and none can draft.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from configspec.testbed.quant_names import QUANTISATIONS, SPELLINGS, is_label, spellings

_WORDS = re.compile(r"[A-Za-z0-9]+")
_OTHERS = {  # a word of the name, in small letters -> what such a file is
    **dict.fromkeys(("mmproj", "projector"), "the part of a model that reads images"),
    "mtp": "a head that predicts several tokens",
    "imatrix": "an importance matrix",
    **dict.fromkeys(("vocab", "vocabulary"), "a vocabulary without weights"),
    **dict.fromkeys(("cvector", "cvec", "controlvector"), "a control vector"),
    **dict.fromkeys(("lora", "qlora", "adapter", "adapters"), "an adapter"),
}
_END = re.compile(r"(-[0-9]+-of-[0-9]+)?\.gguf|/.*", re.IGNORECASE | re.DOTALL)
# What stands before a quantisation's name and does not change its types: weighted with an importance matrix.
_SAME_TYPES = ("i1", "imat")
_MAKERS = (*_SAME_TYPES, "ud")


def other_kind(name: str) -> str | None:
    """What a file is that is no language model, by a word of its name or of a folder's; None where it may be one.

    >>> other_kind("mmproj-m-Q8_0.gguf"), other_kind("m-Q8_0.gguf")
    ('the part of a model that reads images', None)
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if any(pair in (("control", "vector"), ("control", "vectors")) for pair in pairwise(words)):
        return "a control vector"
    merged = "merged" in words  # an adapter that became a part of its model
    return next((_OTHERS[one] for one in words if one in _OTHERS and not (merged and "lora" in one)), None)


def of_quant(names: list[str], quant: str, glob: str) -> list[str]:
    """The names that say `quant`, as a whole word in any spelling of it; of several words the last counts.

    A maker's prefix makes another label of it: `UD-Q4_K_M` is not `Q4_K_M`, unless `glob` has the prefix too.
    `i1-` is its importance matrix, which changes no type: such files are taken where there are no others.
    """
    makers = {name: _maker(name, quant) for name in names}
    said = {name: maker for name, maker in makers.items() if maker is not None}
    plain = [name for name, maker in said.items() if maker == ""]
    bare = [name for name in plain if _ends_with(name, quant)]  # `m-Q8_0.gguf` beside `m-Q8_0-max.gguf`
    if plain or is_label(quant):
        return bare or plain or [*said]
    given = [one for one in _MAKERS if re.search(rf"(?<![a-z0-9]){one}[-.]", glob.lower())]
    return [name for name, maker in said.items() if maker in (*_SAME_TYPES, *given)]


def _maker(name: str, quant: str) -> str | None:
    """The maker's prefix of a name that says `quant`, empty where there is none; None where it says something else."""
    any_quant = (*QUANTISATIONS, *SPELLINGS)
    found = [*_word(spellings(quant)).finditer(name)]
    if not found or found[-1].end() < max((one.end() for one in _word(any_quant).finditer(name)), default=0):
        return None
    word = (found[-1]["before"] or "").lower()
    return word if word in _MAKERS else ""  # any other word is the model's name


def _ends_with(name: str, quant: str) -> bool:
    """Whether nothing follows the quantisation but the shard's number, or the name of a file in a folder of it."""
    rest = name[[*_word(spellings(quant)).finditer(name)][-1].end() :]
    return _END.fullmatch(rest) is not None


@cache
def _word(spelled: tuple[str, ...]) -> re.Pattern[str]:
    one_of = "|".join(map(re.escape, spelled))
    before = r"(?<![A-Za-z0-9])(?:(?P<before>[A-Za-z0-9]+)[-.])?"
    return re.compile(rf"{before}(?:{one_of})(?![A-Za-z0-9_])", re.IGNORECASE)
