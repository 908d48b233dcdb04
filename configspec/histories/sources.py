"""The arguments of commands as runs: files, folders, stored names, and what git keeps at a tag.

    results.json, JOURNAL.jsonl, a compact run file      a file
    history/                                             every run in the folder and those below, by time
    0007, latest, 0007_abc.json                          pytest-benchmark's storage
    v1.2:results.json                                    the file as it was at a tag, branch or commit

A file that is there is taken for a file, whatever else its name could be. The same run in several files counts once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from configspec.errors import RecordError, UsageError
from configspec.histories.found import Found, NotARunError, found_in
from configspec.histories.reading import read_run
from configspec.histories.run import Choices, Run
from configspec.histories.storage import DEFAULT, is_name, stored
from configspec.histories.unread import Unread, without_repeated
from configspec.printable import printable
from configspec.records.left_out import LeftOutList
from configspec.untrusted import read_bounded

ENDS = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
SHOWN = 80
_SMALL = 256 << 20  # bytes of a file that is looked at once more, to know what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where names lead: the folder whose repository git is asked in, pytest-benchmark's storage, and the cache.

    Without a `cache`, folders are read whole each time. With one they have an index, and their runs have no counts.
    `processes` read a folder at once for the first time; more than one only where the main module may be imported.
    """

    here: Path = Path()
    storage: Path = DEFAULT
    cache: Path | None = None
    processes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The runs, the oldest first (those without a date before all), each once; and what was not taken."""

    runs: tuple[Run, ...]
    unread: Unread


def read_sources(
    arguments: Sequence[str], places: Places | None = None, *, choices: Choices = False, forget: bool = False
) -> Sources:
    """Every run that the arguments name.

    Args:
        arguments: As a person types them.
        places: Where names lead; default: this folder.
        choices: Whether runs have their choices, `ties` without intervals; folders are then read without an index.
        forget: Whether files that are gone since an earlier reading are forgotten, after they are told of once more.

    Raises:
        UsageError: A name leads nowhere, or a tag or its repository is not there.
    """
    where = Places() if places is None else places
    unread, runs = Unread(), list[Run]()
    for argument in arguments:
        path = Path(argument)
        if _is_dir(path):
            runs += _of_folder(path, where, unread, choices=choices, forget=forget)
        elif os.path.lexists(path):
            runs += _of_file(path, argument, unread, choices=choices)
        else:
            runs += _of_name(argument, where, unread, choices=choices)
    return Sources(runs=tuple(without_repeated(runs, unread)), unread=unread)


def run_files(folder: Path) -> list[Path]:
    """Every file in a folder and below it that could hold a run, by its name. Hidden ones and side files are none."""
    from configspec.records.samples import FOLDER as SAMPLES  # which imports much, for a folder's name

    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != SAMPLES)
        found += [Path(root, name) for name in sorted(files) if name.endswith(ENDS) and not name.startswith(".")]
    return found


@contextmanager
def file_of(run: Run, places: Places | None = None) -> Iterator[Path]:
    """The file that a run was read from; one that git keeps at a tag is there as long as the context lasts.

    Raises:
        UsageError: It is gone.
    """
    path = Path(run.source)
    if os.path.lexists(path):
        yield path
    elif run.release is not None and ":" in run.source:
        with _at_tag(run.source, Places() if places is None else places) as path:
            yield path
    else:
        raise UsageError(f"{printable(run.source, at_most=SHOWN)}: gone since it was read. Read it again.")


def read_one(path: Path, *, choices: Choices = False, source: str | None = None) -> Run:
    """One file, with what it is told apart.

    Raises:
        NotARunError: It is whole, and none of configspec's.
        RecordError: It is damaged.
    """
    left = LeftOutList()
    try:
        return read_run(path, choices=choices, left_out=left, source=source)
    except UsageError as problem:  # it is gone, or nobody may read it
        raise RecordError(str(problem)) from problem
    except RecordError as problem:
        if left.others and not left.count:
            raise NotARunError("benchmarks of another project") from problem
        if _is_other_json(path):
            raise NotARunError("JSON, and no benchmarks") from problem
        raise


def _of_folder(folder: Path, places: Places, unread: Unread, *, choices: Choices, forget: bool) -> list[Run]:
    files = run_files(folder)
    if places.cache is None or choices:
        return _taken((found_in(path, lambda one: read_one(one, choices=choices)) for path in files), unread)
    return _of_index(folder, files, places, places.cache, unread, forget=forget)


def _of_index(
    folder: Path, files: Sequence[Path], places: Places, cache: Path, unread: Unread, *, forget: bool
) -> list[Run]:
    import sqlite3  # what is asked for two files waits for no database

    from configspec.histories.index import open_index, remove_index

    for _ in range(2):
        said = Unread()
        try:
            with open_index(cache, folder) as index:
                runs = _taken(index.read(files, read_one, processes=places.processes), said)
                said.gone += index.gone(files)
                if forget:
                    index.forget(said.gone)
        except sqlite3.DatabaseError:  # damaged: it is thrown away
            remove_index(cache, folder)
            continue
        unread.skipped += said.skipped
        unread.gone += map(printable, said.gone)
        unread.others += said.others
        return runs
    return _of_folder(folder, replace(places, cache=None), unread, choices=False, forget=forget)


def _of_file(path: Path, source: str, unread: Unread, *, choices: Choices) -> list[Run]:
    return _taken([found_in(path, lambda one: read_one(one, choices=choices, source=source))], unread)


def _of_name(name: str, places: Places, unread: Unread, *, choices: Choices) -> list[Run]:
    path = stored(places.storage, name) if "/" not in name else None
    if path is not None:
        return _of_file(path, str(path), unread, choices=choices)
    if is_name(name):
        raise UsageError(
            f"{printable(name, at_most=SHOWN)}: {places.storage} has no such run. pytest --benchmark-autosave makes "
            "one; --benchmark-storage FOLDER names another storage"
        )
    if ":" in name:
        return _of_tag(name, places, unread, choices=choices)
    raise UsageError(
        f"{printable(name, at_most=SHOWN)}: no such file or folder, and no run of {places.storage} has that name. "
        "A file of an earlier commit is named by its tag: v1.2:results.json"
    )


def _of_tag(name: str, places: Places, unread: Unread, *, choices: Choices) -> list[Run]:
    ref = name.partition(":")[0]
    with _at_tag(name, places) as path:
        found = found_in(path, lambda one: read_one(one, choices=choices, source=name))
        runs = _taken([replace(found, path=Path(name), why=found.why.removeprefix(f"{name}: "))], unread)
        for run in runs:
            len(run.counted)  # before the file is gone
    return [replace(run, release=run.release or ref) for run in runs]


@contextmanager
def _at_tag(name: str, places: Places) -> Iterator[Path]:
    import tempfile

    from configspec.histories.git import file_at

    text = file_at(places.here, name)
    with tempfile.TemporaryDirectory(prefix="configspec-") as folder:
        path = Path(folder, "run")
        path.write_bytes(text)
        yield path


def _taken(found: Iterator[Found] | Sequence[Found], unread: Unread) -> list[Run]:
    runs = []
    for one in found:
        if one.run is not None:
            unread.rows_of(one.run)
            runs.append(one.run)
        elif one.kind == "other":
            unread.others += 1
        else:
            unread.skip(str(one.path), one.why)
    return runs


class _Kind(msgspec.Struct):
    benchmarks: msgspec.Raw = msgspec.Raw(b"")


def _is_other_json(path: Path) -> bool:
    """Whether it is a whole JSON object or list without benchmarks, such as `package.json`."""
    try:
        text = read_bounded(path, at_most_bytes=_SMALL)
        if text.lstrip()[:1] == b"[":
            msgspec.json.decode(text)
            return True
        return not bytes(msgspec.json.decode(text, type=_Kind).benchmarks)
    except (OSError, ValueError, RecursionError):
        return False


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name too long; a NUL in it
        return False
