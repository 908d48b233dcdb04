"""Runs under the names that devices and cells have by now (`aliases_file.py`), and which aliases had no effect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from configspec.histories.columns import MeasuredColumns
from configspec.histories.run import Chosen, Run
from configspec.printable import printable
from configspec.regression.series import SeriesKey
from configspec.theory.ids import Cell, ConfigurationId

SHOWN = 80  # characters of a name in a message
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """What earlier runs are called by now.

    Attributes:
        names: The name that each old one of a device or a cell has by now.
        cells: The cells of the new runs, by the names that aliases give them; a cell that they lack keeps its own.
    """

    names: Mapping[str, str]
    cells: Mapping[str, Cell]

    def of(self, run: Run) -> Run:
        """The run under the names that the new runs have."""
        if not self.names:
            return run
        known = self._known(run)
        return renamed_run(run, lambda one: known.get(one.cell, one.cell).at(one.k))

    def notes(self, runs: Sequence[Run]) -> Iterator[str]:
        """Of the earlier runs, as they were named then: aliases without effect, and two cells that become one."""
        if not self.names:
            return
        known = [self._known(run) for run in runs]
        moved = {cell: now for one in known for cell, now in one.items() if now != cell}
        effective = {name for cell in moved for name in self._asked(cell)}
        for old in self.names:
            if old not in effective:
                yield (
                    f"the alias of {_shown(old)} concerns no earlier run, or leads to no cell of the new one: "
                    "mistyped, with its K, or too old?"
                )
        for cell, now in moved.items():
            both = sum(cell in one and one.get(now) == now for one in known)
            if both:
                yield (
                    f"the alias of {_shown(alias_text(cell))} leads to {_shown(alias_text(now))}; earlier runs "
                    f"that have both: {both}. There, what had the name before counts, and the other is left out"
                )

    def _known(self, run: Run) -> dict[Cell, Cell]:
        return {one.cell: self._by_now(one.cell) for one in sorted(configurations(run), key=str)}

    def _by_now(self, cell: Cell) -> Cell:
        moved = self._on_its_device(cell)
        name = self.names.get(alias_text(cell)) or self.names.get(alias_text(moved))
        return moved if name is None else self.cells.get(name, moved)

    def _on_its_device(self, cell: Cell) -> Cell:
        device = self.names.get(_device_text(cell))
        return cell if device is None else replace(cell, device=device.removeprefix("dev:").removesuffix(":"))

    def _asked(self, cell: Cell) -> Iterable[str]:
        """The names under which an alias may concern the cell."""
        return _device_text(cell), alias_text(cell), alias_text(self._on_its_device(cell))


def alias_text(cell: Cell) -> str:
    """As an alias names a cell."""
    return f"dev:{cell.device}:-{cell.slug}"


def renamed_run(run: Run, name: Callable[[ConfigurationId], ConfigurationId]) -> Run:
    """The run with other names of its configurations; where two become one, what had the name before stays."""

    def series(key: SeriesKey) -> SeriesKey:
        return replace(key, configuration=name(key.configuration))

    return replace(
        run,
        measured=_moved((key, (series(key), replace(one, series=series(key)))) for key, one in run.measured.items()),
        counted=_moved((key, (name(key), replace(one, series=series(one.series)))) for key, one in run.counted.items()),
        chosen=tuple(_renamed_choice(one, name) for one in run.chosen),
    )


def _moved(pairs: Iterable[tuple[Key, tuple[Key, Value]]]) -> Mapping[Key, Value]:
    """The values by their new keys; those whose key is the old one come last, and so stay."""
    ordered = sorted(pairs, key=lambda pair: pair[0] == pair[1][0])
    return dict(moved for _, moved in ordered)


def _renamed_choice(one: Chosen, name: Callable[[ConfigurationId], ConfigurationId]) -> Chosen:
    best = name(one.best)
    return replace(
        one,
        device=best.device,
        family=best.family,
        best=best,
        tied=tuple(map(name, one.tied)),
        values={name(key): value for key, value in one.values.items()},
    )


def configurations(run: Run) -> set[ConfigurationId]:
    """All that it measured or counted."""
    measured = run.measured
    if isinstance(measured, MeasuredColumns):
        return measured.configurations.union(run.counted)
    return {key.configuration for key in measured}.union(run.counted)


def _device_text(cell: Cell) -> str:
    return f"dev:{cell.device}:"


def _shown(name: str) -> str:
    return repr(printable(name, at_most=SHOWN))
