"""All that the command line writes: nothing reaches a terminal, a pipe or a log but through these functions.

Every line is printable (`configspec/printable.py`). A sign that the terminal's encoding lacks is written as an escape.
Output that cannot be written, as on a full disk, is never passed over: `OutputLost` ends the command.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from configspec.printable import printable_line, printable_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from configspec.reporting.document import Document
    from configspec.reporting.terminal import Line, Look

WIDTH = 120  # characters of a table, unless a command says otherwise
NARROWEST = 80  # no table is drawn for less
# https://en.wikipedia.org/wiki/ANSI_escape_code#Select_Graphic_Rendition_parameters
CODES: Mapping[Look, str] = {"heading": "1", "titles": "1", "note": "2", "good": "32", "doubtful": "33", "bad": "31"}


class OutputLost(Exception):  # noqa: N818 (what happened to it)
    """Standard output cannot be written.

    No ConfigspecError: whoever collects the problems of several models or devices must not collect this one.
    """


class ReaderGone(OutputLost):
    """Whoever read standard output has closed it, as `head` does when it has seen enough."""


def say(line: str = "") -> None:
    """Write one line to standard output, at once."""
    _write((f"{printable_line(line)}\n",))
    _flush()


def say_text(text: str) -> None:
    """Write a text of several lines, such as a table; nothing where it is empty."""
    if text:
        _write((printable_lines(text.removesuffix("\n")), "\n"))
        _flush()


def say_document(document: Document, width: int = WIDTH) -> None:
    """Write what a document says, its tables up to `width` wide; on a terminal each line looks like what it is."""
    from configspec.reporting.terminal import as_lines

    coloured = shows_colours()
    _write(f"{_painted(line, coloured)}\n" for line in as_lines(document, width_for(width)))
    _flush()


def shows_colours() -> bool:
    """Whether lines have colours: on a terminal, and as NO_COLOR and FORCE_COLOR say, in this order.

    https://no-color.org, https://force-color.org
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (goes_to_a_terminal() and os.environ.get("TERM") != "dumb")


def width_for(width: int) -> int:
    """How wide a table may be: `width`, or less on a terminal that is narrower."""
    if not goes_to_a_terminal():
        return width
    return min(width, max(NARROWEST, shutil.get_terminal_size().columns))


def say_json(document: object, *, indent: int = 1) -> None:
    """Write a JSON document a piece at a time, so that its text is never in memory."""
    say_pieces(json.JSONEncoder(indent=indent, allow_nan=False).iterencode(document))


def say_pieces(pieces: Iterable[str]) -> None:
    """Write the pieces of a JSON text, in ASCII, and end its line."""
    _write(map(_harmless, pieces))
    say()


def complain(*lines: str) -> None:
    """Write to standard error who speaks, and the lines. Where even that is lost, the exit code has to do."""
    stream = sys.stderr
    if stream is None:  # closed by whoever started this
        return
    text = "\n".join(map(printable_line, lines))
    try:
        stream.write(f"configspec: {text}\n")
        stream.flush()
    except OSError:
        _let_go(stream)


def goes_to_a_terminal() -> bool:
    """Whether a person sees the output, as wide as their window is."""
    return sys.stdout is not None and sys.stdout.isatty()


def is_standard_output(stream: object) -> bool:
    """Whether a library would write to standard output."""
    return stream is not None and stream is sys.stdout


def error_stream() -> TextIO:
    """Where progress is rewritten in place; nowhere, if standard error is closed."""
    return sys.stderr if sys.stderr is not None else io.StringIO()


@contextmanager
def told_warnings() -> Iterator[None]:
    """Within the context each warning, of a library too, is a line on standard error."""

    def tell(message: Warning | str, *_: object, **__: object) -> None:
        complain(str(message))

    with warnings.catch_warnings():
        warnings.showwarning = tell
        yield


@contextmanager
def whole_output() -> Iterator[None]:
    """At the end of the context all output is written, or OutputLost tells that it is not."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        if sys.stderr is not None:
            try:
                sys.stderr.flush()
            except OSError:
                _let_go(sys.stderr)
        if sys.stdout is not None:
            _flush()


def _write(pieces: Iterable[str]) -> None:
    if sys.stdout is None:
        raise OutputLost("standard output is closed")
    with _told_when_lost():
        for piece in pieces:
            sys.stdout.write(piece)


def _flush() -> None:
    with _told_when_lost():
        sys.stdout.flush()


@contextmanager
def _told_when_lost() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        _let_go(sys.stdout)
        raise ReaderGone("whoever read standard output has closed it") from None
    except OSError as problem:
        _let_go(sys.stdout)
        raise OutputLost(f"standard output cannot be written: {problem.strerror}") from None


def _let_go(stream: TextIO) -> None:
    """What is left in its buffer goes nowhere, so that the interpreter's end does not fail on it.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError):  # a stream of a test has no file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _painted(line: Line, coloured: bool) -> str:
    """The line, printable, within codes of our own."""
    text = printable_line(line.text)
    code = CODES.get(line.look) if coloured and text else None
    return text if code is None else f"\x1b[{code}m{text}\x1b[0m"


def _harmless(piece: str) -> str:
    """A piece of JSON that only holds ASCII, with two signs more as JSON's own escapes (`configspec/printable.py`)."""
    return piece.replace("\x7f", "\\u007f").replace("##[", "\\u0023#[")
