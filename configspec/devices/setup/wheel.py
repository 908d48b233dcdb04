"""llama.cpp as boards have built it: wheels kept on this host, by what makes boards equal, and checked by their hash.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from configspec.cache import Store, doubt
from configspec.errors import UsageError

KIND, SUFFIX = "wheels", ".whl"
INFO_BYTES = 64 * 1024
_INFO = re.compile(r"([A-Za-z0-9_.]{1,80}-[A-Za-z0-9_.+!]{1,40})\.dist-info/WHEEL")
_TAG = re.compile(r"^Tag: ([a-z0-9_]+)-([a-z0-9_]+)-([a-z0-9_]+)\r?$", re.MULTILINE)


def kept_wheel(store: Store, key: str) -> Path | None:
    """The wheel that boards of this key can use, if one was kept and is still what was built."""
    entry = store.root / KIND / f"{key}{SUFFIX}"
    return entry if doubt(entry) is None else None


def wheel_name(path: Path) -> str:
    """The name that pip wants a wheel to have, from what is in it.

    Raises:
        UsageError: It is no wheel.
    """
    try:
        with zipfile.ZipFile(path) as wheel:
            inner = next(found for found in map(_INFO.fullmatch, wheel.namelist()) if found)
            with wheel.open(inner[0]) as file:
                text = file.read(INFO_BYTES).decode("utf-8")
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, StopIteration):
        raise UsageError(f"{path} is no wheel. Delete it.") from None
    tags = _TAG.findall(text)
    if not tags:
        raise UsageError(f"{path} does not say for which Python and which system it is. Delete it.")
    parts = (".".join(sorted(set(column))) for column in zip(*tags, strict=True))
    return f"{inner[1]}-{'-'.join(parts)}.whl"
