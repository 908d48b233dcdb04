"""The compact run file: all that histories know of one run, by itself. 500 rows take less than 60 kB.

It is JSON, packed with gzip; docs/histories.md describes its keys. Configurations and setups stand in it once, and are
referred to by their place. Values have nine digits. Kept are the counts of every prompt (rounds and accepted tokens,
from which drafted and emitted follow) and the choices with the intervals of what they were chosen from. Lost are what
a ranking under other assumptions would need: times of rounds, samples, health; and the position at which a prompt
differs.

Version 1 is the first.
"""

from __future__ import annotations

import gzip
import zlib
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from configspec.errors import RecordError
from configspec.histories.columns import Column, CountedColumns, Counts, MeasuredColumns, Names, When
from configspec.histories.run import Chosen, Run
from configspec.histories.setup_table import Places, SetupTable, setups_of
from configspec.regression.acceptance import Counted
from configspec.regression.metrics import Better, Metric
from configspec.regression.series import Disturbance, Setup
from configspec.theory.figures import Estimate
from configspec.theory.ids import Cell, ConfigurationId, Drafter, Setting
from configspec.untrusted import GZIP, open_regular, read_bounded

VERSION = 1
KEY = "configspec_run"
_BEGIN = f'{{"{KEY}":'.encode()
PACKED_BYTES, CONTENT_BYTES = 16 << 20, 256 << 20
MAKE = "configspec history add STORE RESULTS makes one of a results file"
Item = TypeVar("Item")
