r"""Names and words in files of lines: nothing in them ends a line, moves a terminal or is a command to a runner.

Names in `devices.yaml` are letters, digits, `.`, `_` and `-`, and come through as they are. A file of rows may hold
any others. Whatever is changed can be read back, so two names stay two names.

    one_line    what is not printable becomes an escape, `\n`, and a backslash two
    coded       what is no letter, digit or `._-+,~` becomes %XX, as in a URL
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from urllib.parse import quote

from configspec.printable import printable_line
from configspec.theory.ids import CHAIN, Cell, ConfigurationId

DIGITS = 16


@lru_cache(maxsize=1024)  # a file has few names, each of them thousands of times
def one_line(text: str) -> str:
    r"""The text on one line. `text.encode("ascii", "backslashreplace").decode("unicode_escape")` reads it back.

    >>> one_line("a\nb")
    'a\\nb'
    """
    return printable_line(text.replace("\\", "\\\\"))


def coded(text: str) -> str:
    """The text without spaces, slashes, equals signs or anything that a format could stumble over.

    >>> coded("llama 1b/x=2")
    'llama%201b%2Fx%3D2'
    """
    return quote(text, safe="+,")


def path_name(configuration: ConfigurationId, *, at_most: int | None = None) -> str:
    """A configuration as one name, for tools that know no more of it: `orin/llama-8b/1b/Q4_K_M/threads:2/K4`.

    One that is longer than `at_most` letters is cut, and ends in a hash of the whole.
    """
    cell = configuration.cell
    parts = [cell.device, cell.family, cell.drafter.draft, cell.drafter.quant]
    parts += [] if cell.drafter.algorithm == CHAIN else [cell.drafter.algorithm]
    parts = [*map(coded, parts), settings_name(cell), f"K{configuration.k}"]
    name = "/".join(filter(None, parts))
    if at_most is None or len(name) <= at_most:
        return name
    return f"{name[: at_most - DIGITS - 1]}~{hashlib.sha256(name.encode()).hexdigest()[:DIGITS]}"


def settings_name(cell: Cell) -> str:
    """The settings that vary as one name: `threads:2/flash_attention:on`."""
    return "/".join(f"{coded(name)}:{coded(value)}" for name, value in cell.settings)
