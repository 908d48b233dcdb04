"""Who must act: every error that configspec raises on purpose.

    ConfigspecError
    ├── UsageError      the person changes something: a file, a flag, an installation
    ├── TestbedError    a board, a link or a meter misbehaved; try again, or go and look at it
    ├── OutputDiffers   a text that was decoded speculatively is not the target's own
    └── RecordError     a results file cannot be read, or holds what cannot be

A message says where, what was found, and what would do. Anything else that is raised is our own
bug and keeps its traceback. An error passes through no layer that adds nothing to it.

`pytest` ends with 4 on a UsageError found before a test runs; the command line ends with 2 on a
UsageError or a RecordError, and with 3 on a TestbedError.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ROWS, COLUMNS = 14, 80  # of a message; with what else a command says it fits a screen


def fitting(lines: Sequence[str]) -> int:
    """How many of these lines a person reads at once: at least one."""
    room = ROWS
    for place, line in enumerate(lines):
        room -= max(1, -(-len(line) // COLUMNS))
        if room < 0:
            return max(1, place)
    return len(lines)


class ConfigspecError(Exception):
    """An error whose message is meant for the person in front of the terminal: each argument is a line of it.

    So a line end that came with a name from outside cannot make a line: it is shown as an escape.
    """

    @property
    def lines(self) -> tuple[str, ...]:
        """The message, line by line, as it came."""
        return tuple(map(str, self.args))

    @property
    def on_a_screen(self) -> tuple[str, ...]:
        """The first lines of it, as far as a person reads them at once; the others are counted."""
        lines = self.lines
        kept = lines[: fitting(lines)]
        left = len(lines) - len(kept)
        if not left:
            return kept
        more = f"and {left:,} more {'line' if left == 1 else 'lines'}"
        return *kept, f"{more}: correct these first, and the same command shows the next"

    def __str__(self) -> str:
        return "\n".join(self.lines)


class UsageError(ConfigspecError):
    """The person changes something: a file, a flag, an installation."""


class TestbedError(ConfigspecError):
    """A board, a link or a meter misbehaved. Never the draft model's failure."""

    __test__ = False  # the name begins with "Test"; pytest must not collect it


class OutputDiffers(ConfigspecError):  # noqa: N818 (what was found, not whose fault it is)
    """Speculative decoding promises the target's own text, and another text came out."""


class RecordError(ConfigspecError):
    """A results file cannot be read, or is of a version that this configspec does not know."""


LISTED = 20  # known names that a message lists
LONGEST = 1000  # letters of a wrong name that are compared with the known ones


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known name, if one is near, then all of them.

    >>> did_you_mean("Q4_K_N", ["Q4_K_M", "Q8_0"])
    "Did you mean 'Q4_K_M'? Known: Q4_K_M, Q8_0."
    """
    names = list(known)
    if not names:
        return "There is none."
    import difflib  # no command waits for what only a mistake needs

    near = difflib.get_close_matches(found[:LONGEST], names, n=1)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{guess}Known: {', '.join(names[:LISTED])}{more}."
