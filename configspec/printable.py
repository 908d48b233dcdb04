"""Text from boards, servers, files and models, made harmless before a person sees it.

A name may hold escape sequences that repaint a terminal, marks that reverse the order of letters, or line ends that
forge a line of a report (https://trojansource.codes, CVE-2021-42574). Such characters are shown as escapes. Records
keep the text as it came; only what is shown passes through here.
"""

from __future__ import annotations

CUT = "..."


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


def printable_lines(text: str) -> str:
    r"""`text` with its line ends, each line printable.

    For messages of our own that have lines, and for pytest's reports. A name from outside passes through `printable`.
    """
    return "\n".join(map(printable, text.split("\n")))


def _shown(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
