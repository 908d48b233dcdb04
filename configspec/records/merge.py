"""Several files of rows -> one results file, every row once. A row at a time: memory does not grow with the rows.

The same test in several files: the newest file's row is kept. The same name for different things (another board,
another llama.cpp, another model file, other prompts) is a conflict: such figures do not compare. The side
files that rows refer to go with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from configspec.errors import RecordError, UsageError
from configspec.records.known_setups import KnownSetups, PartsOfRows
from configspec.records.left_out import LeftOutList
from configspec.records.opening import open_rows
from configspec.records.origin import origin_of
from configspec.records.results_file import write_results
from configspec.records.row import KEY, SampleRefs
from configspec.records.row_file import RowFile
from configspec.records.samples import carry_samples, samples_folder
from configspec.records.shared import with_origin

UNDATED = datetime.min.replace(tzinfo=UTC)
NO_SAMPLES = SampleRefs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of the rows."""

    rows: int
    in_several_files: int  # older rows of a test that a newer file has too
    twice_in_one_file: int  # earlier rows of a test that the same file has again
    left_out: Mapping[str, int]  # rows that a newer file contradicts, by what it says
    unread: int  # lines of journals
    undated: tuple[Path, ...]  # files whose date cannot be read: they count as the oldest
    missing_samples: tuple[str, ...]  # hashes of side files that rows refer to and that are beside none of the files


def merge(
    paths: Sequence[Path], out: Path, *, prefer_newest: bool = False, left_out: LeftOutList | None = None
) -> Merged:
    """Write the rows of `paths` into `out`.

    Args:
        paths: Results files and journals.
        out: The results file to make; it must not exist.
        prefer_newest: Leave out rows that a newer file contradicts, instead of refusing.
        left_out: Where entries that cannot be taken are put down; without it they are an error.

    Raises:
        RecordError: A file cannot be read, two of them contradict each other, or no row is left.
        UsageError: `out` already exists, or cannot be written.
    """
    try:
        _check_free(out)
    except OSError as problem:
        raise UsageError(f"{out}: cannot be written: {problem.strerror}.") from problem
    files = [open_rows(path, left_out) for path in paths]
    newest_first = sorted(range(len(files)), key=lambda place: _age(files[place]), reverse=True)
    choice = _Choice(files, prefer_newest=prefer_newest, left_out=left_out)
    for place in newest_first:
        choice.take_from(place)
    if not choice.chosen:
        raise RecordError(
            f"{', '.join(map(str, paths))}: no row is left.", *(() if left_out is None else left_out.lines())
        )
    head = {key: value for key, value in files[newest_first[0]].head.items() if key != KEY}
    head[KEY] = {"merged": [file.path.name for file in files]}
    numbers: list[set[int]] = [set() for _ in files]
    for one in choice.chosen.values():
        numbers[one.file].add(one.number)
    try:
        missing = _carry(files, choice.chosen.values(), out)
        write_results(out, head, lambda: _chosen_rows(files, numbers))
    except OSError as problem:
        raise UsageError(f"{problem.filename or out}: cannot be written: {problem.strerror}.") from problem
    return Merged(
        rows=len(choice.chosen),
        in_several_files=choice.in_several_files,
        twice_in_one_file=choice.twice_in_one_file,
        left_out=dict(choice.left_out),
        unread=sum(file.unread for file in files),
        undated=tuple(file.path for file in files if file.instant is None),
        missing_samples=missing,
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    file: int
    number: int  # of the row in its file
    samples: SampleRefs


class _Choice:
    """Which rows are kept, by the test's name; files are read from the newest to the oldest."""

    def __init__(self, files: Sequence[RowFile], *, prefer_newest: bool, left_out: LeftOutList | None) -> None:
        self.chosen: dict[str, _Chosen] = {}
        self.in_several_files = 0
        self.twice_in_one_file = 0
        self.left_out = Counter[str]()
        self._files = files
        self._prefer_newest = prefer_newest
        self._bad = left_out
        self._known = KnownSetups()
        self._parts = PartsOfRows()
        self._samples: dict[SampleRefs, SampleRefs] = {}  # ten thousand rows refer to few side files: kept once

    def take_from(self, file: int) -> None:
        """Choose among the rows of one file and those of newer ones."""
        path = self._files[file].path
        for entry in self._files[file].entries(self._bad):
            row, name = entry.row, entry.fullname
            conflict = None if row is None else self._known.contradiction(self._parts.of(row), path, name)
            if conflict is not None:
                if not self._prefer_newest:
                    raise RecordError(f"{conflict} Such rows do not compare: --prefer newest leaves these out.")
                self.left_out[conflict] += 1
                continue
            before = self.chosen.get(name)
            if before is not None and before.file != file:
                self.in_several_files += 1
                continue
            self.twice_in_one_file += before is not None  # the last one counts
            samples = NO_SAMPLES if row is None else row.samples
            self.chosen[name] = _Chosen(file, entry.number, self._samples.setdefault(samples, samples))


def _age(file: RowFile) -> tuple[bool, datetime]:
    """What files are ordered by, the oldest first; before all others one whose date cannot be read."""
    return file.instant is not None, file.instant or UNDATED


def _check_free(out: Path) -> None:
    if out.exists():
        raise UsageError(f"{out}: already exists. Choose another name with -o.")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: cannot be written: its folder does not exist. Make it, or choose another with -o.")


def _chosen_rows(files: Sequence[RowFile], numbers: Sequence[Set[int]]) -> Iterator[Mapping[str, object]]:
    """The rows; of several files each with what the head of its own said, since one head is left."""
    for file, wanted in zip(files, numbers, strict=True):
        origin = origin_of(file.head) if len(files) > 1 else None
        for row in file.numbered_rows(wanted):
            yield row if origin is None else with_origin(row, origin)


def _carry(files: Sequence[RowFile], chosen: Iterable[_Chosen], out: Path) -> tuple[str, ...]:
    """Copy the side files of these rows beside `out`; which are missing."""
    refs: dict[int, set[SampleRefs]] = {}
    for one in chosen:
        refs.setdefault(one.file, set()).add(one.samples)
    folder = samples_folder(out)
    missing: set[str] = set()
    for place, of_file in sorted(refs.items()):
        missing.update(carry_samples(of_file, samples_folder(files[place].path), folder))
    # What one file's folder lacks may be in another's, whether a row of that file was chosen or not.
    every = set().union(*refs.values())
    for file in files if missing else ():
        missing.intersection_update(carry_samples(every, samples_folder(file.path), folder))
    return tuple(sorted(missing))
