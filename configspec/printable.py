"""Text from boards, servers, files and models, made harmless before a person sees it.

A name may hold escape sequences that repaint a terminal, marks that reverse the order of letters, or line ends that
forge a line of a report (https://trojansource.codes, CVE-2021-42574). Such characters are shown as escapes. Records
keep the text as it came; only what is shown passes through here.

A log of GitHub's runner is a terminal too: it takes a line that begins with `::`, and `##[` anywhere in a line, for a
command to itself (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs). A line has neither.
"""

from __future__ import annotations

import re

CUT = "..."
_COMMAND = re.compile(r"^ *:(?=:)|#(?=#\[)")


def printable(text: str, *, at_most: int | None = None) -> str:
    r"""`text` on one line: every character that is not printable as an escape, cut to `at_most` characters if given.

    Printable is what `str.isprintable` calls so: no control, format, surrogate, private or unassigned characters,
    and no separators but the space.

    >>> printable("\x1b[31mred\nnext")
    '\\x1b[31mred\\nnext'
    """
    shown = text if text.isprintable() else "".join(map(_shown, text))
    if at_most is not None and len(shown) > at_most:
        return shown[: max(0, at_most - len(CUT))] + CUT
    return shown


def printable_line(text: str) -> str:
    r"""`text` as a line of its own: printable, and no command to a runner that reads it in a log.

    >>> printable_line("::error::forged\nnext")
    '\\x3a:error::forged\\nnext'
    """
    return _COMMAND.sub(lambda found: f"{found[0][:-1]}\\x{ord(found[0][-1]):02x}", printable(text))


def printable_lines(text: str) -> str:
    """`text` with its line ends, each a `printable_line`.

    For texts of our own that have lines, such as a table. What came from outside is made one line before it is put in.
    """
    return "\n".join(map(printable_line, text.split("\n")))


def _shown(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
