"""How llama.cpp's programs are told to draft K tokens, by build: the words were changed over time.

    spec      --spec-draft-n-max K, with --spec-type: it is `none` by default, and then the draft model is loaded and
              not used. https://github.com/ggml-org/llama.cpp/pull/22397 (April 2026), llama.cpp's docs/speculative.md
    draft     --draft-max K. https://github.com/ggml-org/llama.cpp/pull/10455 (November 2024)

llama.cpp stops drafting early where the draft is less sure than a least probability, which older builds have above 0.
Served as it was measured, every round has K tokens: the least probability is 0.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from configspec.devices.transport.bounded_run import TooMuchOutput, run_bounded

PROGRAM = "llama-server"
HELP_S = 10.0  # a build for a GPU looks for it first
HELP_BYTES = 1 << 20
_OPTION = re.compile(r"^-[^\n]*(?:\n[ \t][^\n]*)*", re.MULTILINE)  # with the lines that explain it
_EXPLAINED_FROM = 40  # the column, as common/arg.cpp of llama.cpp writes it; longer options have lines of their own
_FLAG = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")
_REMOVED = "has been removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """The words of some builds; `{k}` stands for the tokens drafted per round."""

    name: str
    builds: str  # which, for people
    words: tuple[str, ...]

    def arguments(self, k: int) -> tuple[str, ...]:
        """What makes every round draft `k` tokens."""
        return tuple(word.format(k=k) for word in self.words)

    @property
    def flags(self) -> tuple[str, ...]:
        """Those of the words that a build must know."""
        return tuple(word for word in self.words if word.startswith("-"))


SPELLINGS = (
    Spelling(
        name="spec",
        builds="llama.cpp since May 2026",
        words=("--spec-type", "draft-simple", "--spec-draft-n-max", "{k}", "--spec-draft-p-min", "0"),
    ),
    Spelling(
        name="draft",
        builds="llama.cpp of November 2024 to April 2026",
        words=("--draft-max", "{k}", "--draft-p-min", "0"),
    ),
)
NEWEST = SPELLINGS[0]


def flags_in(help_text: str) -> frozenset[str]:
    """The flags that a program's help lists, without those that it says to have been removed."""
    options = (option for option in _OPTION.findall(help_text) if _REMOVED not in option)
    return frozenset(flag for option in options for flag in _FLAG.findall(_head(option)))


def spelling_in(help_text: str, spellings: Sequence[Spelling] = SPELLINGS) -> Spelling | None:
    """The newest spelling of which the help lists every flag; None where there is none."""
    known = flags_in(help_text)
    return next((one for one in spellings if known.issuperset(one.flags)), None)


def installed_spelling(program: str = PROGRAM, timeout_s: float = HELP_S) -> Spelling | None:
    """What the program on this host's PATH takes; None where it is not there, or does not say."""
    path = shutil.which(program)
    if path is None:
        return None
    try:
        told = run_bounded([path, "--help"], stdin=b"", timeout_s=timeout_s, limit_bytes=HELP_BYTES)
    except (OSError, subprocess.TimeoutExpired, TooMuchOutput):
        return None
    return spelling_in(told.stdout.decode("utf-8", "replace"))


def _head(option: str) -> str:
    """The flags of an option, which stand before what explains them."""
    first = option.partition("\n")[0]
    return first[:_EXPLAINED_FROM] if first[_EXPLAINED_FROM - 2 : _EXPLAINED_FROM].isspace() else first
