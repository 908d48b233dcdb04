"""Several files of rows -> one results file, every row once. A row at a time: memory does not grow with the rows.

The same test in several files: the newest file's row is kept. The same name for different things (another board,
another llama.cpp, another model file, other prompts) is a conflict: such figures do not compare. The side
files that rows refer to go with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import RecordError, UsageError
from configspec.records.reader import RowFile, open_rows
from configspec.records.results_file import write_results
from configspec.records.row import KEY, Row, SampleRefs
from configspec.records.samples import carry_samples, samples_folder
from configspec.records.setup import DeviceSetup, DrafterSetup, SetupPart, TargetSetup, difference, named_parts

PARTS: Mapping[type, str] = {DeviceSetup: "device", TargetSetup: "target", DrafterSetup: "drafter"}
NO_SAMPLES = SampleRefs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of the rows."""

    rows: int
    in_several_files: int  # older rows of a test that a newer file has too
    twice_in_one_file: int  # earlier rows of a test that the same file has again
    left_out: Mapping[str, int]  # rows that a newer file contradicts, by what it says
    unread: int  # lines of journals
    missing_samples: tuple[str, ...]  # hashes of side files that rows refer to and that are beside none of the files


def merge(paths: Sequence[Path], out: Path, *, prefer_newest: bool = False, salvage: bool = False) -> Merged:
    """Write the rows of `paths` into `out`.

    Args:
        paths: Results files and journals.
        out: The results file to make; it must not exist.
        prefer_newest: Leave out rows that a newer file contradicts, instead of refusing.
        salvage: Take what can be read of damaged journals.

    Raises:
        RecordError: A file cannot be read, or two of them contradict each other.
        UsageError: `out` already exists, or cannot be written.
    """
    if out.exists():
        raise UsageError(f"{out}: already exists. Choose another name with -o.")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: cannot be written: its folder does not exist. Make it, or choose another with -o.")
    files = [open_rows(path, salvage=salvage) for path in paths]
    newest_first = sorted(range(len(files)), key=lambda place: files[place].written, reverse=True)
    choice = _Choice(files, prefer_newest=prefer_newest)
    for place in newest_first:
        choice.take_from(place)
    head = {key: value for key, value in files[newest_first[0]].head.items() if key != KEY}
    head[KEY] = {"merged": [file.path.name for file in files]}
    places = {(one.file, one.number) for one in choice.chosen.values()}
    try:
        missing = _carry(files, choice.chosen.values(), out)
        write_results(out, head, lambda: _chosen_rows(files, places))
    except OSError as problem:
        raise UsageError(f"{problem.filename or out}: cannot be written: {problem.strerror}.") from problem
    return Merged(
        rows=len(places),
        in_several_files=choice.in_several_files,
        twice_in_one_file=choice.twice_in_one_file,
        left_out=dict(choice.left_out),
        unread=sum(file.unread for file in files),
        missing_samples=missing,
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    file: int
    number: int  # of the row in its file
    samples: SampleRefs


class _Choice:
    """Which rows are kept, by the test's name; files are read from the newest to the oldest."""

    def __init__(self, files: Sequence[RowFile], *, prefer_newest: bool) -> None:
        self.chosen: dict[str, _Chosen] = {}
        self.in_several_files = 0
        self.twice_in_one_file = 0
        self.left_out = Counter[str]()
        self._files = files
        self._prefer_newest = prefer_newest
        self._known: dict[str, tuple[SetupPart, RowFile]] = {}
        self._samples: dict[SampleRefs, SampleRefs] = {}  # ten thousand rows refer to few side files: kept once

    def take_from(self, file: int) -> None:
        """Choose among the rows of one file and those of newer ones."""
        for number, entry in enumerate(self._files[file].entries()):
            conflict = None if entry.row is None else self._conflict(entry.row, self._files[file])
            if conflict is not None:
                if not self._prefer_newest:
                    raise RecordError(f"{conflict} Such rows do not compare: --prefer newest leaves these out.")
                self.left_out[conflict] += 1
                continue
            before = self.chosen.get(entry.fullname)
            if before is not None and before.file != file:
                self.in_several_files += 1
                continue
            self.twice_in_one_file += before is not None  # the last one counts
            samples = NO_SAMPLES if entry.row is None else entry.row.samples
            self.chosen[entry.fullname] = _Chosen(file, number, self._samples.setdefault(samples, samples))

    def _conflict(self, row: Row, file: RowFile) -> str | None:
        """What a row says otherwise than a newer file; what it says first is known from then on."""
        parts = tuple(named_parts(row))
        for thing, part in parts:
            known, newer = self._known.get(thing, (part, file))
            found = difference(PARTS[type(part)], part, known)
            if found is not None:
                return (
                    f"{file.path} and {newer.path} mean different things by {thing}: "
                    f"{found.what} is {found.then} in the first, {found.now} in the second."
                )
        for thing, part in parts:
            self._known.setdefault(thing, (part, file))
        return None


def _chosen_rows(files: Sequence[RowFile], places: set[tuple[int, int]]) -> Iterator[Mapping[str, object]]:
    for place, file in enumerate(files):
        for number, row in enumerate(file.raw_rows()):
            if (place, number) in places:
                yield row


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
