"""Two sides of a comparison, made comparable: names as they are by now, runs in order, none twice, none empty.

What is left out of a side is told in a note; where nothing would be left, that is an error. So no comparison passes
because there was nothing to compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from configspec.count_words import count_words
from configspec.errors import UsageError, did_you_mean
from configspec.histories.renaming import Renaming, alias_text, configurations
from configspec.histories.run import Run
from configspec.printable import printable
from configspec.regression.series import Measured, SeriesKey, Setup

SHOWN = 80  # characters of a source in a message
NAMES = 5  # of configurations in a message

BUILD = ("device.llama_cpp_*", "llama_cpp_*")  # fields of a setup in which two builds of llama.cpp differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The runs of both, each oldest first, and what was left out of them."""

    new: tuple[Run, ...]
    base: tuple[Run, ...]
    notes: tuple[str, ...] = ()

    def of_base(self, series: SeriesKey) -> list[Measured]:
        """What the base measured of a series, oldest first."""
        return [run.measured[series] for run in self.base if series in run.measured]

    def of_new(self, series: SeriesKey) -> list[Measured]:
        """What the new runs measured of it, in their order."""
        return [run.measured[series] for run in self.new if series in run.measured]


def sides(
    new: Sequence[Run], base: Sequence[Run], *, names: Mapping[str, str], varies: Sequence[str], in_time: bool
) -> Sides:
    """Both sides, made comparable.

    Args:
        new: The new runs.
        base: The earlier ones.
        names: The name that each old one of a device or a cell has by now (`aliases_file.py`).
        varies: Patterns of fields of a setup in which the sides may differ.
        in_time: Whether the base has to be older.

    Raises:
        UsageError: A side is empty, the base is not older, or the sides have no configuration in common.
    """
    notes: list[str] = []
    after = _in_order(_with_rows(_once(new, "new", notes), "new", notes))
    before = _in_order(_with_rows(_not_in(after, _once(base, "earlier", notes), notes), "earlier", notes))
    if in_time:
        before = _of_other_nights(_older(before, after, notes), after, notes)
    cells = {alias_text(one.cell): one.cell for run in after for one in configurations(run)} if names else {}
    renaming = Renaming(names=names, cells=cells)
    renamed = [renaming.of(run) for run in before]
    notes += [*_rows_left_out((*before, *after)), *renaming.notes(before), *_of_no_field(varies, (*before, *after))]
    found = Sides(
        new=tuple(_varying(run, varies) for run in after),
        base=tuple(_varying(run, varies) for run in renamed),
        notes=tuple(notes),
    )
    _check_common(found)
    return found


def _of_other_nights(before: Sequence[Run], after: Sequence[Run], notes: list[str]) -> list[Run]:
    """Without those of the night that is judged: what a broken night left behind is no earlier night of it."""
    nights = {run.night for run in after}
    kept = [run for run in before if run.night not in nights]
    if not kept:
        return list(before)  # two runs of one day are compared where there is nothing else
    if len(kept) < len(before):
        notes.append(f"{count_words(len(before) - len(kept), 'earlier run')} of the night that is judged left out")
    return kept


def shown_source(run: Run) -> str:
    """How a run was named, as a message says it: of a long path the end, which tells files apart."""
    shown = printable(run.source, at_most=4096)
    return shown if len(shown) <= SHOWN else f"...{shown[3 - SHOWN :]}"


def _once(runs: Sequence[Run], which: str, notes: list[str]) -> list[Run]:
    if not runs:
        raise UsageError(f"there is no {which} run to compare; name a results file, a stored run or a folder of runs")
    found: dict[str, Run] = {}
    for run in runs:
        first = found.setdefault(_content(run), run)
        if first is not run:
            notes.append(f"{shown_source(run)} is {shown_source(first)} once more: taken once")
    return list(found.values())


def _content(run: Run) -> str:
    """Equal for two files of one run, such as its journal and its results."""
    return run.figures_sha256 or run.sha256


def _with_rows(runs: Sequence[Run], which: str, notes: list[str]) -> list[Run]:
    found = [run for run in runs if run.measured or run.counted]
    for run in runs:
        if not (run.measured or run.counted):
            notes.append(f"{shown_source(run)} holds no row that can be compared: left out{_because(run)}")
    if not found:
        raise UsageError(f"the {which} side has nothing to compare: {'; '.join(notes) or 'it has no run'}")
    return found


def _because(run: Run) -> str:
    if not run.left_out:
        return ""
    return f" ({printable(run.left_out[0].removeprefix(f'{run.source}: '), at_most=2 * SHOWN)})"


def _rows_left_out(runs: Iterable[Run]) -> Iterator[str]:
    """A note for each run of which only some rows could be read."""
    for run in runs:
        if run.left_out and (run.measured or run.counted):
            yield f"{shown_source(run)}: {count_words(len(run.left_out), 'row')} of it left out{_because(run)}"


def _not_in(new: Sequence[Run], base: Sequence[Run], notes: list[str]) -> list[Run]:
    """The base without the new runs: a folder of all runs has tonight's too."""
    known = set(map(_content, new))
    found = [run for run in base if _content(run) not in known]
    if not found:
        raise UsageError(f"{shown_source(base[0])}: the new and the earlier run are one file; name an earlier one")
    if len(found) < len(base):
        notes.append(
            f"{count_words(len(base) - len(found), 'run')} of the base is on the new side as well: taken as new"
        )
    return found


def _in_order(runs: Iterable[Run]) -> list[Run]:
    """Oldest first; what has no date stays where it was named, before all that have one."""
    return sorted(runs, key=lambda run: float("-inf") if run.at_s is None else run.at_s)


def _older(base: Sequence[Run], new: Sequence[Run], notes: list[str]) -> list[Run]:
    begins_s = min((run.at_s for run in new if run.at_s is not None), default=None)
    undated = sum(run.at_s is None for run in (*base, *new))
    if undated:
        notes.append(f"{count_words(undated, 'run')} without a date: taken as older than every dated earlier run")
    if begins_s is None:
        return list(base)
    found = [run for run in base if run.at_s is None or run.at_s < begins_s]
    if not found:
        raise UsageError(
            f"{shown_source(base[-1])}: the base is not older than the new run, {shown_source(new[0])}. "
            "Are the two sides swapped?"
        )
    if len(found) < len(base):
        notes.append(f"{count_words(len(base) - len(found), 'run')} of the base not older than the new one: left out")
    return found


def _of_no_field(varies: Sequence[str], runs: Sequence[Run]) -> Iterator[str]:
    """Patterns that somebody wrote and that match nothing: what they were to allow still keeps runs from comparing."""
    written = [pattern for pattern in varies if pattern not in BUILD]
    if not written:
        return
    fields = sorted({name for run in runs for one in run.measured.values() for name, _ in one.setup})
    for pattern in written:
        if not any(fnmatchcase(name, pattern) for name in fields):
            yield f"--varies {pattern!r} is no field of these runs' setups. {did_you_mean(pattern, fields)}"


def _varying(run: Run, varies: Sequence[str]) -> Run:
    """The run without the fields of its setups in which the sides may differ."""
    if not varies:
        return run
    cut: dict[Setup, Setup] = {}

    def without(setup: Setup) -> Setup:
        if setup not in cut:
            cut[setup] = tuple(one for one in setup if not any(fnmatchcase(one[0], pattern) for pattern in varies))
        return cut[setup]

    return replace(
        run,
        measured={key: replace(one, setup=without(one.setup)) for key, one in run.measured.items()},
        counted={key: replace(one, setup=without(one.setup)) for key, one in run.counted.items()},
    )


def _check_common(found: Sides) -> None:
    new = {one for run in found.new for one in configurations(run)}
    if any(key.configuration in new for run in found.base for key in run.measured):
        return
    old = {one for run in found.base for one in configurations(run)}
    if old & new:
        return
    devices = [sorted({one.device for one in of_side}) for of_side in (old, new)]
    if not set(devices[0]) & set(devices[1]):
        raise UsageError(
            f"the base is of {_names('device', devices[0])}, the new side of {_names('device', devices[1])}. Name a "
            "base of the same device; where it has another name by now, say so in an alias file (--aliases)"
        )
    texts = [sorted({alias_text(one.cell) for one in of_side}) for of_side in (old, new)]
    raise UsageError(
        f"the sides have no configuration in common: the base has {_listed(texts[0])}; the new side has "
        f"{_listed(texts[1])}. Where cells were renamed, say so in an alias file (--aliases)"
    )


def _names(what: str, names: Sequence[str]) -> str:
    return f"{what} {names[0]}" if len(names) == 1 else f"{what}s {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return printable(", ".join(names[:NAMES]) + more)
