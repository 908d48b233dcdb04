"""The TI INA238 on the carrier of NVIDIA's AGX Thor: module and carrier together, at the input of the board.

https://docs.kernel.org/hwmon/ina238.html: in1_input in mV, curr1_input in mA. The chip that is meant has the label VIN:
https://github.com/rbonghi/jetson_stats/pull/900. Any other INA238 is somebody's own, and is read by `ina2xx.py`.
The power supplies named ucsi-source-psy-* beside it are what USB-C has agreed on, and no measurement.
"""

from __future__ import annotations

from collections.abc import Mapping

from .channels.kernel_files import hwmon_chips
from .ina2xx import one_chip
from .meter import Meter, MeterKind, NoMeterError
from .surroundings import Surroundings, optional_text

LABEL = "VIN"


def find(around: Surroundings, options: Mapping[str, object]) -> Meter:
    """The INA238 whose label is VIN; NoMeterError where there is none, or it cannot be read."""
    found = hwmon_chips(around, ("ina238",))
    for chip in found:
        # The kernel gives a chip's label in `label`, and a channel's in `in1_label`.
        if LABEL in (optional_text(around, chip.folder / name) for name in ("in1_label", "label")):
            return one_chip(around, chip, meter="ina238", channel=LABEL)
    if found:
        raise NoMeterError(f"no INA238 has the label {LABEL}; `meter: ina2xx` reads one of your own")
    raise NoMeterError("no hwmon chip is named ina238")


KIND = MeterKind(
    name="ina238", find=find, page="https://docs.kernel.org/hwmon/ina238.html", boundary="board", auto=True
)
