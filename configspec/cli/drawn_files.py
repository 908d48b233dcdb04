"""Files of pictures, as commands write them: one by its name's ending, or a folder of all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.output import complain, say
from configspec.errors import UsageError
from configspec.printable import printable

if TYPE_CHECKING:
    from configspec.reporting.pictures.picture import Drawn, Picture

FORMS = ("svg", "png", "pdf")
SHOWN = 10  # pictures that a message names


def write_pictures(
    output: str, drawn: Sequence[Drawn], what: str, choose: str = "", tell: Callable[[str], None] = say
) -> None:
    """Write what was drawn, and tell what could not be.

    Args:
        output: The file, or the folder.
        drawn: What there is.
        what: What was to be drawn, for a message.
        choose: How one of several pictures is chosen, for a message; empty: there is no way.
        tell: Says which file was written.

    Raises:
        UsageError: There is none, or there are several for one file, or they cannot be written.
    """
    from configspec.count_words import count_words
    from configspec.reporting.pictures.picture import Picture

    form = form_of(output)
    pictures = [one for one in drawn if isinstance(one, Picture)]
    missing = [f"no picture of {one.subject}: {one.why}" for one in drawn if not isinstance(one, Picture)]
    for line in missing[:SHOWN]:
        complain(line)
    if len(missing) > SHOWN:
        more = count_words(len(missing) - SHOWN, "more picture")
        complain(f"and {more} cannot be drawn: configspec report names each")
    if not pictures:
        raise UsageError(f"there is nothing to draw {what}.")
    if form is None:
        written = [(Path(output) / _file_name(number, one), one, "svg") for number, one in enumerate(pictures, 1)]
    else:
        written = [(Path(output), _only(pictures, choose), form)]
    for path, one, its_form in written:
        _write(path, one, its_form)
        tell(f"{path}: {one.title}, {one.subject}")


def form_of(output: str) -> str | None:
    """What the file's name asks for; None: a folder.

    Raises:
        UsageError: No picture has such a form.
    """
    if not output:
        raise UsageError(
            "a picture is given an empty name; name a file that ends in .svg, .png or .pdf, or a folder: pictures/"
        )
    if output.endswith(("/", "\\")) or Path(output).is_dir():
        return None
    ending = Path(output).suffix.lower().lstrip(".")
    if ending not in FORMS:
        shown = printable(output, at_most=80)
        raise UsageError(
            f"{shown} names no picture: it takes a file that ends in .svg, .png or .pdf, or a folder, {shown}/"
        )
    return ending


def _only(pictures: Sequence[Picture], choose: str) -> Picture:
    """The one that is meant."""
    if len(pictures) == 1:
        return pictures[0]
    names = "; ".join(f"{one.subject}: {one.title}" for one in pictures[:SHOWN])
    more = f"; and {len(pictures) - SHOWN} more" if len(pictures) > SHOWN else ""
    raise UsageError(
        f"there are {len(pictures)} such pictures: {printable(names)}{more}. "
        f"{choose}{'or name' if choose else 'Name'} a folder for all of them: pictures/"
    )


def _file_name(number: int, one: Picture) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "-", f"{one.subject}-{one.title}").strip("-").lower()
    return f"{one.kind}-{number:03d}-{words[:80]}.svg"


def _write(path: Path, picture: Picture, form: str) -> None:
    from configspec.records.named_file import write_named
    from configspec.reporting.pictures.standalone import picture_file

    content = picture_file(picture, form)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(f"{path}: cannot be written: {problem.strerror}.") from problem
    write_named(path, content)
