"""Power: whether a device was in one mode all along, and whether it draws more when it works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import final

from configspec.theory.flags import Code, flag
from configspec.theory.ids import Cell
from configspec.theory.plausibility.rule import DeviceFigures, Finding


@final
class PowerModes:
    """Some of its configurations were measured in another power mode than most: they are of another device, in effect.

    A change while a cell was measured is told by the run itself (`clock_changed`); this is one between cells or runs.
    """

    codes: tuple[Code, ...] = ("power_modes",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each mode but the usual one; of modes that are equally usual, the first."""
        count: Counter[str] = Counter()
        of_mode: dict[str, dict[Cell, list[int]]] = {}
        for cell, subjects in figures.cells.items():
            for one in subjects:
                mode = one.configuration.evidence.power_mode
                if mode is not None:
                    count[mode] += 1
                    of_mode.setdefault(mode, {}).setdefault(cell, []).append(one.k)
        for mode, _ in count.most_common()[1:]:
            usual = count.most_common(1)[0][0]
            cells = of_mode[mode]
            found = flag("power_modes", mode=mode, usual=usual)
            for cell, ks in cells.items():
                yield Finding(flag=found, cells=(cell,), ks=() if len(ks) == len(figures.cells[cell]) else tuple(ks))


@final
class PowerBelowIdle:
    """A device draws less while it drafts than while it waits, by more than the doubt of both."""

    codes: tuple[Code, ...] = ("power_below_idle",)

    def findings(self, figures: DeviceFigures) -> Iterator[Finding]:
        """A finding for each cell, by its largest K with both."""
        for cell, subjects in figures.cells.items():
            for one in reversed(subjects):
                watts, idle = one.configuration.power_w, one.configuration.idle_w
                if watts is None or idle is None:
                    continue
                if watts.high < idle.low:
                    found = flag("power_below_idle", watts=watts.value, idle=idle.value)
                    yield Finding(flag=found, cells=(cell,))
                break
