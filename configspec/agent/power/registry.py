"""All kinds of meters there are. A new one is a file beside this one, a line here, and a recording of it.

`auto` takes the first that it finds, in this order: what contains more comes first.
"""

from __future__ import annotations

from typing import Tuple

from . import ina3221
from .meter import MeterKind

METERS: Tuple[MeterKind, ...] = (ina3221.KIND,)
