"""Files and JSON that somebody else wrote, read so that no content can hang, crash or flood the reader.

Only regular files are read: a FIFO blocks for ever, and a device such as /dev/zero never ends. Each reader says how
large its file may be, and counts what gzip has packed as it comes out. JSON has one parser with one error, whatever is
wrong with the text.
"""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import stat
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP = b"\x1f\x8b"  # how such a file begins: RFC 1952

KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a disk"),
)


class NotJson(ValueError):  # noqa: N818 (it is a property of the text)
    """The text is not JSON, or JSON that no reader here can take: nested too deeply, or a number without end."""

    def __init__(self, complaint: str, *, cut_short: bool = False) -> None:
        super().__init__(complaint)
        self.cut_short = cut_short  # the text ends where JSON goes on


def open_regular(path: Path) -> BufferedReader:
    """`path` opened to be read, if it is a regular file. It never waits for a writer.

    Raises:
        OSError: There is none, or it is of another kind; `strerror` says which.
    """
    # Without O_NONBLOCK, opening a FIFO waits for somebody to write. On a regular file the flag does nothing.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as problem:  # a NUL in it
        raise OSError(errno.EINVAL, f"no file can have this name: {problem}", str(path)) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            kind = next((words for of_kind, words in KINDS if of_kind(mode)), "something else")
            raise OSError(errno.EINVAL, f"it is {kind} and not a regular file", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def open_unpacked(path: Path) -> BufferedReader:
    """As `open_regular`; what gzip has packed is unpacked while it is read, of whatever name the file is.

    A small file may unpack to any length, so whoever reads it counts. Reading packed content that is cut short or
    damaged raises an OSError, whose `strerror` says so.

    Raises:
        OSError: As `open_regular`.
    """
    file = open_regular(path)
    try:
        packed = file.peek(len(GZIP)).startswith(GZIP)
    except BaseException:
        file.close()
        raise
    return BufferedReader(_Unpacked(file)) if packed else file


class _Unpacked(io.RawIOBase):
    """The content of a gzip file; every fault of it is an OSError with its words."""

    def __init__(self, packed: BufferedReader) -> None:
        super().__init__()
        self._packed = packed
        self._content = gzip.GzipFile(fileobj=packed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        try:
            content = self._content.read1(len(view))
        except EOFError:
            raise OSError(errno.EIO, "what gzip packed in it is cut short") from None
        except (zlib.error, gzip.BadGzipFile) as problem:
            raise OSError(errno.EIO, f"what gzip packed in it is damaged ({problem})") from None
        view[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._content.close()
        self._packed.close()
        super().close()


def read_bounded(path: Path, *, at_most_bytes: int) -> bytes:
    """The whole content of a regular file.

    Raises:
        OSError: It cannot be read, is no regular file, or holds more than `at_most_bytes`; `strerror` says which.
    """
    with open_regular(path) as file:
        content = file.read(at_most_bytes + 1)
    if len(content) > at_most_bytes:
        raise OSError(errno.EFBIG, f"it holds more than {at_most_bytes:,} bytes, which is the limit here", str(path))
    return content


def parse_json(
    text: str | bytes, *, constants: bool = False, surrogates: bool = False, unique_keys: bool = False
) -> object:
    """The value of a JSON text. Python's NaN and Infinity are not JSON, and neither is a lone surrogate.

    Args:
        text: What somebody wrote.
        constants: Take NaN and Infinity all the same, as other programs of Python write them.
        surrogates: Take half of a surrogate pair all the same, as Python writes it as an escape.
        unique_keys: Refuse an object that has a key twice, of which a parser takes the last in silence.

    Raises:
        NotJson: The text is something else, or cannot be held.
    """
    with _as_not_json():
        letters = text if isinstance(text, str) else text.decode("utf-8-sig")
        value: object = json.loads(
            letters,
            parse_constant=None if constants else _refuse,
            object_pairs_hook=unique if unique_keys else None,
        )
        if not surrogates:
            _refuse_lone_surrogates(value)
    return value


def parse_json_at(text: str, start: int) -> tuple[object, int]:
    """The JSON value that begins at `start`, and where it ends: what follows it is not looked at.

    As `parse_json` with `unique_keys`; a place in its complaint is one in `text`.

    Raises:
        NotJson: There is none, or it cannot be held.
    """
    with _as_not_json():
        value, end = _STRICT.raw_decode(text, start)
        _refuse_lone_surrogates(value)
    return value, end


@contextmanager
def _as_not_json() -> Iterator[None]:
    """Whatever a parser of JSON raises, as one error."""
    try:
        yield
    except json.JSONDecodeError as problem:
        cut_short = problem.pos >= len(problem.doc.rstrip()) or problem.msg.startswith("Unterminated")
        place = f"line {problem.lineno}, column {problem.colno}"
        raise NotJson(f"{problem.msg} at {place}", cut_short=cut_short) from None
    except UnicodeDecodeError as problem:
        raise NotJson(f"it is not UTF-8 text ({problem.reason})") from None
    except UnicodeEncodeError:
        raise NotJson("half of a surrogate pair stands in it alone") from None
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    except ValueError as problem:  # a whole number of more digits than Python converts; a constant that is refused
        raise NotJson(str(problem).split(";")[0]) from None


def _refuse_lone_surrogates(value: object) -> None:
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate, which no file could take back


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object of these keys and values, for a parser's `object_pairs_hook`.

    Raises:
        ValueError: A key stands in it twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key {twice[:40]!r} stands twice in one object")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


_STRICT = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=unique)
