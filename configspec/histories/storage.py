"""pytest-benchmark's storage: `0007`, `latest` and `0007_abc.json` name files below `.benchmarks/<machine>/`.

https://pytest-benchmark.readthedocs.io/en/latest/comparing.html: a number a saved run, counted for each machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from configspec.errors import UsageError
from configspec.printable import printable

DEFAULT = Path(".benchmarks")
LATEST = "latest"
_SHOWN = 80


def storage_folder(option: str | None) -> Path:
    """The folder that `--benchmark-storage` names; pytest-benchmark's default where it is not given.

    Raises:
        UsageError: It is no folder of files, but a server.
    """
    if option is None:
        return DEFAULT
    scheme, separator, rest = option.partition("://")
    if separator and scheme != "file":
        raise UsageError(
            f"--benchmark-storage {printable(option, at_most=_SHOWN)}: only files can be read. Name a folder"
        )
    return Path(rest if separator else option).expanduser()


def is_name(text: str) -> bool:
    """Whether a text can only be the name of a stored run."""
    return text == LATEST or (text.isascii() and text.isdigit())


def stored(folder: Path, name: str) -> Path | None:
    """The stored run of that name; None where there is none. `latest` is the file that was written last.

    Raises:
        UsageError: Several machines have a run of that number.
    """
    files = _files(folder)
    if name == LATEST:
        return max(files, key=lambda path: (path.stat().st_mtime_ns, path.name), default=None)
    if is_name(name):
        found = [path for path in files if path.name.partition("_")[0] == f"{int(name):04d}"]
    else:
        found = [path for path in files if path.name in (name, f"{name}.json")]
    if len(found) > 1:
        listed = ", ".join(str(path) for path in found[:5])
        raise UsageError(f"{printable(name, at_most=_SHOWN)} is the name of {len(found)} runs: {listed}. Name the file")
    return found[0] if found else None


def _files(folder: Path) -> Sequence[Path]:
    try:
        return sorted(path for pattern in ("*.json", "*/*.json") for path in folder.glob(pattern) if path.is_file())
    except OSError:
        return []
