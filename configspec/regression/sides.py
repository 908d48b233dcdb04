"""How many runs a side a release is judged by, where nobody says otherwise: they show a loss of 1.4 spreads in 80 %."""

from __future__ import annotations

RUNS_A_SIDE = 8
