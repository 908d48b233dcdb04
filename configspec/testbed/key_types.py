"""The values that `devices.yaml` is made of: names, paths, sizes, lengths, and what each may be.

Every text and every number has a bound, far above what a testbed needs and far below what would wrap in C, overflow in
arithmetic or flood a report. A ValueError of a validator here holds a text that continues the name of the key: "is 'x',
which ...". A title is what the reference page calls a value of that kind.
"""

from __future__ import annotations

import ipaddress
import os
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from configspec.testbed import k_range, written_sizes
from configspec.testbed.quant_names import PATTERN as QUANT_PATTERN
from configspec.testbed.quant_names import QUANTISATIONS, quant_name
from configspec.testbed.spec import ReadAs
from configspec.theory.ids import MAX_K

MAX_NAME = 100  # letters; a few of them stand in one test id, and in the name of one file
MAX_TEXT = 1000
MAX_WORDS = 64  # of a command
MAX_PATH = 4095  # Linux: PATH_MAX, without the zero byte
MAX_TOKENS = 10_000_000  # of a context; the longest of a published model are of this order
MAX_THREADS = 512  # GGML_MAX_N_THREADS, https://github.com/ggml-org/llama.cpp/blob/master/ggml/include/ggml.h
MAX_LAYERS = 10_000
MAX_S = 86_400.0  # a day: of what is waited for
MAX_MS = 60_000.0
MAX_MBPS, MIN_MBPS = 1_000_000.0, 0.0001  # at less, one message would take minutes
MAX_C = 200.0
# What a text may hold: no control characters, line ends or marks that turn the direction of writing.
_NOT_PLAIN = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
PLAIN = rf"[^{_NOT_PLAIN}]"
TEXT_PATTERN = rf"^{PLAIN}*$"
# What can stand in a pytest id and name a file: `::`, brackets, spaces, `=` and a leading `-` or `.` cannot.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
HUB_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$"
# The cache has a folder of this name, so no part of it begins with a dot.
_PART = r"[A-Za-z0-9_][A-Za-z0-9._+@-]*"
REVISION_PATTERN = rf"^{_PART}(/{_PART})*$"
# No user, password, query or fragment: the URL is written into results and shown in errors, and a key may be in those.
_LABEL = r"[A-Za-z0-9_-]{1,63}"
URL_PATTERN = rf"""^https?://({_LABEL}(\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(:[0-9]{{1,5}})?(/[!-"$->@-~]*)?$"""
URL_EXAMPLE = "http://verifier:8000/v1"
BOARD_FOLDER_PATTERN = rf"^(~|~?/{PLAIN}*)$"  # not relative: a login shell may begin anywhere
# POSIX's names of variables. A key that was written in the place of one mostly is none, for it holds a dash.
VARIABLE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
# ssh would take a leading - for an option, and puts user and host into the shell string of a ProxyCommand. What is
# refused is what OpenSSH 9.6 refuses (https://www.openssh.com/txt/release-9.6, CVE-2023-51385), in older ones too.
_NOT_IN_HOST = rf"""\s{_NOT_PLAIN}'"`$\\;&<>|(){{}}"""
DESTINATION_PATTERN = rf"^([^-@{_NOT_IN_HOST}][^@{_NOT_IN_HOST}]*@)?[^-@{_NOT_IN_HOST}][^@{_NOT_IN_HOST}]*$"


def _no_twins(names: Sequence[str]) -> Sequence[str]:
    twins = sorted(name for name, times in Counter(names).items() if times > 1)
    if twins:
        more = f" and {len(twins) - 5} more" if len(twins) > 5 else ""
        raise ValueError(f"has {', '.join(twins[:5])}{more} more than once. Keep one of each.")
    return names


def _layers(value: object) -> int:
    if value == "all":
        return -1
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_LAYERS:
        return value
    raise ValueError(f"is {value!r:.60}. Write `all`, or a number of layers, 0 to {MAX_LAYERS:,}.")


def _words(value: object) -> object:
    """A program, or the words that start it; the first is no option, which a shell would read as its own."""
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        raise ValueError(f"is {value!r:.60}. Write a program's path, or the words that start it: [docker, exec, ...].")
    if isinstance(words[0], str) and words[0].startswith("-"):
        raise ValueError(f"begins with {words[0]!r:.60}, which is an option and no program. Write the program first.")
    return words


def _times(factor: float) -> Callable[[float], float]:
    return lambda value: value * factor


def _server_url(url: str) -> str:
    """Without the slash at its end; a ValueError where host or port are none, which a pattern cannot say."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.port == 0:
            raise ValueError("port 0")
        if ":" in host or host.replace(".", "").isdecimal():
            ipaddress.ip_address(host)
    except ValueError as problem:
        raise ValueError(
            f"is {url!r}, whose host or port is none ({problem}). Write one as in {URL_EXAMPLE}."
        ) from None
    return url.rstrip("/")


def _existing(exists: Callable[[str], bool], missing: str, written: str, info: ValidationInfo) -> Path:
    assert isinstance(info.context, Path)
    path = info.context / os.path.expanduser(written)
    if not exists(os.fspath(path)):  # of os.path: pathlib's raises for a name too long
        raise ValueError(
            f"is {written!r}, and there is {missing} {path}. Correct it: a path begins at this file's folder."
        )
    return path


Text: TypeAlias = Annotated[
    str, Field(strict=True, min_length=1, max_length=MAX_TEXT, pattern=TEXT_PATTERN, title="text")
]
Word: TypeAlias = Annotated[Text, Field(title="word")]
Name: TypeAlias = Annotated[str, Field(strict=True, max_length=MAX_NAME, pattern=NAME_PATTERN, title="name")]
HubName: TypeAlias = Annotated[
    str, Field(strict=True, max_length=2 * MAX_NAME, pattern=HUB_PATTERN, title="`OWNER/REPO`")
]
Revision: TypeAlias = Annotated[
    str, Field(strict=True, max_length=MAX_TEXT, pattern=REVISION_PATTERN, title="branch, tag or commit")
]
Url: TypeAlias = Annotated[
    str, Field(strict=True, max_length=MAX_TEXT, pattern=URL_PATTERN, title="URL"), AfterValidator(_server_url)
]
Command: TypeAlias = Annotated[
    tuple[Word, ...],
    BeforeValidator(_words, json_schema_input_type=Word | Annotated[list[Word], Field(min_length=1)]),
    Field(min_length=1, max_length=MAX_WORDS, title="program, or list of words"),
]
Variable: TypeAlias = Annotated[str, Field(strict=True, pattern=VARIABLE_PATTERN, title="name of a variable")]
BoardFolder: TypeAlias = Annotated[
    str, Field(strict=True, max_length=MAX_PATH, pattern=BOARD_FOLDER_PATTERN, title="path on the device")
]
Destination: TypeAlias = Annotated[
    str, Field(strict=True, max_length=MAX_TEXT, pattern=DESTINATION_PATTERN, title="name")
]
FolderText: TypeAlias = Annotated[
    str, Field(strict=True, min_length=1, max_length=MAX_PATH, pattern=TEXT_PATTERN, title="path of a folder")
]
FileText: TypeAlias = Annotated[
    str, Field(strict=True, min_length=1, max_length=MAX_PATH, pattern=TEXT_PATTERN, title="path of a file")
]
Folder: TypeAlias = Annotated[Path, ReadAs(FolderText, partial(_existing, os.path.isdir, "no folder"))]
File: TypeAlias = Annotated[Path, ReadAs(FileText, partial(_existing, os.path.isfile, "no file"))]
# A key of these kinds adds the bound that its meaning has: Field(le=...).
Count: TypeAlias = Annotated[int, Field(strict=True, ge=1)]
CountOrNone: TypeAlias = Annotated[int, Field(strict=True, ge=0)]
Positive: TypeAlias = Annotated[float, Field(strict=True, gt=0)]
NotNegative: TypeAlias = Annotated[float, Field(strict=True, ge=0)]
Tokens: TypeAlias = Annotated[Count, Field(le=MAX_TOKENS)]
Threads: TypeAlias = Annotated[Count, Field(le=MAX_THREADS)]
Seconds: TypeAlias = Annotated[Positive, Field(le=MAX_S)]
Celsius: TypeAlias = Annotated[Positive, Field(le=MAX_C)]
Milliseconds: TypeAlias = Annotated[NotNegative, Field(le=MAX_MS), AfterValidator(_times(1e-3))]  # becomes seconds
Megabits: TypeAlias = Annotated[
    float, Field(strict=True, ge=MIN_MBPS, le=MAX_MBPS), AfterValidator(_times(1e6))
]  # becomes bits
Quant: TypeAlias = Annotated[
    str,
    Field(strict=True, max_length=MAX_NAME),
    AfterValidator(quant_name),
    Field(title="quantisation", json_schema_extra={"anyOf": [{"enum": [*QUANTISATIONS]}, {"pattern": QUANT_PATTERN}]}),
]
NO_TWINS = AfterValidator(_no_twins)
Layers: TypeAlias = Annotated[
    int, BeforeValidator(_layers, json_schema_input_type=Literal["all"] | Annotated[int, Field(ge=0, le=MAX_LAYERS)])
]
KPart: TypeAlias = Annotated[int, Field(ge=1, le=MAX_K)] | Annotated[str, Field(pattern=k_range.PATTERN)]
KRange: TypeAlias = Annotated[
    tuple[int, ...],
    BeforeValidator(k_range.k_range, json_schema_input_type=KPart | Annotated[list[KPart], Field(min_length=1)]),
    Field(title="number, range, or list of these"),
]
Size: TypeAlias = Annotated[
    int,
    BeforeValidator(
        written_sizes.size_bytes,
        json_schema_input_type=Annotated[int, Field(ge=1, le=written_sizes.MAX_BYTES)]
        | Annotated[str, Field(pattern=written_sizes.PATTERN)],
    ),
    Field(title="bytes, or a size as in `2 GiB`"),
]
