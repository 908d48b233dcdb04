"""What a rule of plausibility is: it looks at all configurations of one device, and yields what cannot be, or hardly.

A rule is a class in a file beside this one, and a line in `registry.py`. Its code stands in `theory/flags.py` with its
numbers, its sentence in `reporting/plausibility_words.py`. Limits are wide: whoever is warned of sound figures stops to
read warnings, so each limit says beside it which sound figures it leaves alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from configspec.theory.flags import Code, Flag
from configspec.theory.ids import Cell, ConfigurationId
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A configuration with the assumptions that its source made."""

    configuration: Configuration
    serving: Serving

    @property
    def k(self) -> int:
        """Tokens drafted per round."""
        return self.configuration.k


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found, of which cells; `ks`: of these K of them alone, none: of all."""

    flag: Flag
    cells: tuple[Cell, ...]
    ks: tuple[int, ...] = ()

    @property
    def device(self) -> str:
        """The device that the cells are of."""
        return self.cells[0].device

    def is_about(self, one: ConfigurationId) -> bool:
        """Whether a configuration's figures are in doubt by it."""
        return one.cell in self.cells and (not self.ks or one.k in self.ks)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFigures:
    """Everything that is known of one device: the configurations of each cell by ascending K, none empty."""

    cells: Mapping[Cell, tuple[Subject, ...]]


class Rule(Protocol):
    """One thing that figures have to agree with."""

    @property
    def codes(self) -> tuple[Code, ...]:
        """The warnings that it may give."""

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """What it finds in the figures of one device; nothing where it lacks what it needs."""


def by_device(subjects: Iterable[Subject]) -> tuple[DeviceFigures, ...]:
    """The figures of each device, in the order of first appearance; of a configuration given twice, the last."""
    devices: dict[str, dict[Cell, dict[int, Subject]]] = {}
    for one in subjects:
        cell = one.configuration.cell
        devices.setdefault(cell.device, {}).setdefault(cell, {})[one.k] = one
    return tuple(
        DeviceFigures(cells={cell: tuple(by_k[k] for k in sorted(by_k)) for cell, by_k in cells.items()})
        for cells in devices.values()
    )
