"""The losses that matter: what `--fail-on goodput:5%,energy:10%,acceptance:exact` says, and what a calibration found.

    metric:5%          a loss up to 5 % is no failure
    metric:off         it is not judged
    acceptance:exact   counts have to be equal; the default
    regret:2%          how much worse than the best an earlier choice may be by now

What is given by hand comes first, then a calibration's floor, then the metric's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.regression.choice import REGRET_ALLOWED
from configspec.regression.metrics import ACCEPTANCE, METRICS
from configspec.regression.series import SeriesKey
from configspec.regression.spread import Spread

REGRET, OFF, EXACT = "regret", "off", "exact"
NAMES = (*(one.name for one in METRICS), REGRET)
SHOWN = 40  # characters of a mistake in a message
EXAMPLE = "goodput:5%,energy:10%,acceptance:exact"
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?) ?%")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedFloor:
    """What a calibration says of the series that `pattern` matches.

    `visible`: the smallest loss that is seen in 80 % of cases, whatever the floor.
    """

    pattern: str
    floor: float
    spread: Spread
    night_share: float = 0.0
    visible: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """The floor of each series.

    Attributes:
        given: By a metric's name, as shares. That of the acceptance makes its comparison one of rates, not of counts.
        off: The names of metrics that are not judged.
        regret: What an earlier choice may be worse than the best by now, as a share.
        calibrated: The first whose pattern matches counts.
    """

    given: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    regret: float = REGRET_ALLOWED
    calibrated: tuple[CalibratedFloor, ...] = ()

    @property
    def exact_acceptance(self) -> bool:
        """Whether counts of acceptance have to be equal."""
        return ACCEPTANCE.name not in self.given

    def judges(self, series: SeriesKey) -> bool:
        """Whether its metric is not switched off."""
        return series.metric.name not in self.off

    def known(self, series: SeriesKey) -> CalibratedFloor | None:
        """What a calibration says of the series."""
        return next((one for one in self.calibrated if fnmatchcase(series.id, one.pattern)), None)

    def of(self, series: SeriesKey) -> float:
        """The floor of the series, as a share."""
        name, known = series.metric.name, self.known(series)
        if name in self.given:
            return self.given[name]
        return series.metric.floor if known is None else known.floor

    def warnings(self, series: Iterable[SeriesKey]) -> tuple[str, ...]:
        """A line for each calibrated part of these series whose floor is below what can be seen there."""
        from configspec.regression.calibrate import floor_warning

        found: dict[str, str] = {}
        for one in series:
            known = self.known(one)
            if known is None or known.visible is None or known.pattern in found:
                continue
            warning = floor_warning(self.of(one), known.visible)
            if warning is not None:
                found[known.pattern] = f"{known.pattern}: {warning}"
        return tuple(found.values())


def parse_floors(text: str, where: str = "--fail-on") -> Floors:
    """The floors that a person wrote.

    Raises:
        UsageError: A name, or a floor, that is none; 0 %, which noise alone would pass.
    """
    given: dict[str, float] = {}
    off: set[str] = set()
    for part in text.split(","):
        name, colon, value = (piece.strip() for piece in part.partition(":"))
        if not colon:
            raise UsageError(f"{where} has {_shown(part)}; it takes NAME:FLOOR, as in {EXAMPLE}")
        if name not in NAMES:
            raise UsageError(f"{where}: no metric is called {_shown(name)}. {did_you_mean(name, NAMES)}")
        if name in given or name in off or (name == ACCEPTANCE.name and text.count(f"{name}:") > 1):
            raise UsageError(f"{where} names {name} twice; keep one")
        if value == OFF and name != REGRET:
            off.add(name)
        elif not (value == EXACT and name == ACCEPTANCE.name):
            given[name] = _share(name, value, where)
    regret = given.pop(REGRET, REGRET_ALLOWED)
    return Floors(given=given, off=frozenset(off), regret=regret)


def _share(name: str, value: str, where: str) -> float:
    found = _SHARE.fullmatch(value)
    others = f", {EXACT} or {OFF}" if name == ACCEPTANCE.name else "" if name == REGRET else f", or {OFF}"
    if value == EXACT:
        raise UsageError(
            f"{where}: {name} is measured, so no two runs are exactly equal; write a share, as in {name}:5%"
        )
    if found is None:
        raise UsageError(f"{where}: {name} has {_shown(value)}; it takes a share in percent, as in {name}:5%{others}")
    share = float(found[1]) / 100
    if share == 0:
        raise UsageError(
            f"{where}: a floor of 0 % calls every loss one that matters, also of noise; {name}:3% is usual"
        )
    if share >= 1:
        raise UsageError(f"{where}: {name} has {value}; a floor is below 100 %")
    return share


def _shown(text: str) -> str:
    return repr(printable(text.strip(), at_most=SHOWN))
