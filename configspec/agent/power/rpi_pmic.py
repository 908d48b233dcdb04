"""The converter in the power chip (PMIC) of a Raspberry Pi 5, by `vcgencmd pmic_read_adc`.

https://www.raspberrypi.com/documentation/computers/os.html#vcgencmd
https://github.com/jfikar/RPi5-power has an example of what it prints: `NAME_A current(i)=xA` and `NAME_V volt(j)=yV`.

The numbers in brackets differ between a rail's current and its voltage, so they are paired by name. EXT5V and BATT are
voltages only. What hangs on 5 V (USB, a HAT, an NVMe disk, the fan) goes past the chip: the sum is of rails, never of
the board.

One call starts a program and takes some tens of milliseconds: five a second at most, or it measures itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Dict, final

from .channels.kernel_files import named_rails
from .channels.programs import Output
from .meter import (
    WATTS,
    Channel,
    Meter,
    MeterFacts,
    MeterKind,
    NoMeterError,
    Option,
    Reading,
    ReadingError,
    chosen_channels,
)
from .surroundings import Surroundings

COMMAND = ("vcgencmd", "pmic_read_adc")
TIMEOUT_S = 1.5
PERIOD_S = 0.2
WITHOUT_CURRENT = ("EXT5V", "BATT")
LEAST_V, MOST_V = 0.4, 30.0
SAID_LETTERS = 80
LINE = re.compile(
    r"\s*(?P<rail>\w+)_"
    r"(?:A current\(\d+\)=(?P<amps>\d{1,3}\.\d{1,12})A|V volt\(\d+\)=(?P<volts>\d{1,3}\.\d{1,12})V)\s*",
    re.ASCII,
)


def parse_rails(text: str) -> Dict[str, float]:
    """The power of each rail, in watts, from what `vcgencmd pmic_read_adc` prints.

    Raises:
        ReadingError: A line is none of its lines; a rail has a current or a voltage only, or comes twice; a voltage is
            impossible; or no rail draws anything, which cannot be while this runs.
    """
    amps: Dict[str, float] = {}
    volts: Dict[str, float] = {}
    for line in filter(str.strip, text.splitlines()):
        found = LINE.fullmatch(line)
        if found is None:
            raise ReadingError(f"vcgencmd printed {line.strip()!r:.{SAID_LETTERS}}")
        column, value = (volts, found["volts"]) if found["amps"] is None else (amps, found["amps"])
        if found["rail"] in column:
            raise ReadingError(f"{found['rail']} comes twice")
        column[found["rail"]] = float(value)
    for name in WITHOUT_CURRENT:
        volts.pop(name, None)
    for name in sorted(set(amps) ^ set(volts)):
        raise ReadingError(f"{name} has a {'current and no voltage' if name in amps else 'voltage and no current'}")
    watts = {name: _watts(name, volts[name], amps[name]) for name in amps}
    if not any(watts.values()):
        raise ReadingError("vcgencmd shows no rail that draws anything")
    return watts


def _watts(name: str, volts: float, amps: float) -> float:
    """A rail that is switched off has neither voltage nor current, and draws a true 0."""
    if volts > MOST_V or (volts < LEAST_V and amps > 0):
        raise ReadingError(f"{name} shows {volts:g} V and {amps:g} A")
    return volts * amps


@final
class RpiPmic:
    """The chip of a board on which it could be read."""

    def __init__(self, around: Surroundings, facts: MeterFacts) -> None:
        self._around = around
        self.facts = facts

    def read(self) -> Reading:
        """The power of each rail."""
        begin_s = self._around.now_s()
        watts = _ask(self._around)
        names = [channel.name for channel in self.facts.channels]
        if sorted(watts) != sorted(names):
            raise ReadingError(f"vcgencmd shows the rails {', '.join(watts)}, and not those that it did at first")
        return Reading((begin_s + self._around.now_s()) / 2, tuple(watts[name] for name in names))

    def close(self) -> None:
        """Nothing is held."""


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The rails that the board's chip shows."""
    try:
        found = [Channel(name) for name in _ask(around)]
    except ReadingError as problem:
        raise NoMeterError(str(problem)) from None
    return RpiPmic(
        around,
        MeterFacts(
            meter="rpi_pmic",
            shows=WATTS,
            boundary="rail",
            channels=chosen_channels("rpi_pmic", named_rails(options), found),
            period_s=PERIOD_S,
        ),
    )


def _ask(around: Surroundings) -> Dict[str, float]:
    try:
        output = around.run(COMMAND, TIMEOUT_S)
    except FileNotFoundError:
        raise ReadingError("vcgencmd is not installed: this is no Raspberry Pi") from None
    except OSError as problem:
        raise ReadingError(f"vcgencmd: {problem.strerror or problem}") from None
    return parse_rails(_without_refusal(output))


def _without_refusal(output: Output) -> str:
    """The output, unless it says why there is none: its status does not tell."""
    said = f"{output.text}\n{output.complaints}"
    if "not registered" in said:
        raise ReadingError("this board's firmware has no pmic_read_adc: only a Raspberry Pi 5 has that chip")
    if "open device file" in said:
        raise ReadingError(
            "vcgencmd may not open /dev/vcio: add the user to the group video "
            "(sudo usermod -aG video USER), and log in again"
        )
    if not output.text.strip():
        raise ReadingError(f"vcgencmd printed nothing (status {output.status})")
    return output.text


KIND = MeterKind(
    name="rpi_pmic",
    find=find,
    page="https://www.raspberrypi.com/documentation/computers/os.html#vcgencmd",
    options=(Option("rails", "The rails to add up; default: all", "texts"),),
    boundary="rail",
    auto=True,
)
