"""All kinds of meters there are. A new one is a file beside this one, a line here, and a recording of it.

`auto` takes the first that it finds, in this order: what contains more comes first.
"""

from __future__ import annotations

from typing import Tuple

from . import (
    battery,
    command,
    declared,
    fnirsi,
    home_assistant,
    ina2xx,
    ina238,
    ina3221,
    ina3221x,
    nvml,
    rapl,
    rpi_pmic,
    shelly_gen1,
    shelly_gen2,
    tasmota,
    tegrastats,
    um25c,
)
from .meter import MeterKind

METERS: Tuple[MeterKind, ...] = (
    ina238.KIND,
    ina2xx.KIND,
    battery.KIND,
    ina3221.KIND,
    ina3221x.KIND,
    tegrastats.KIND,
    nvml.KIND,
    rapl.KIND,
    rpi_pmic.KIND,
    um25c.KIND,
    fnirsi.KIND,
    shelly_gen2.KIND,
    shelly_gen1.KIND,
    tasmota.KIND,
    home_assistant.KIND,
    command.KIND,
    declared.KIND,
)
