"""The values of which replies consist, each with the bounds that msgspec keeps when it reads one.

They are wide: within them lies whatever a sound board says. Counts and hashes are those of the record
(`records/bounds.py`). https://jcristharif.com/msgspec/constraints.html
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from configspec.agent.protocol import MAX_LETTERS
from configspec.agent.requests.forms import C_INT

MAX_VOCABULARY = 2**24  # far above any model's; one number more, and the memory for it would be this host's loss
MOST_S = 1e10  # three hundred years, as a duration or on a clock that began with the board
ROUNDING = 1e-6  # by which a probability may be beyond 1
_MOST_LOGIT = 3.5e38  # beyond any float32

Status = Annotated[int, Meta(ge=-(2**31), le=2**32 - 1)]  # of a program, or of a function in C
Held = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # by a number in C
Hexadecimal = Annotated[str, Meta(pattern=r"^([0-9a-f]{2})*\Z")]
Text = Annotated[str, Meta(max_length=MAX_LETTERS)]
Word = Annotated[str, Meta(max_length=80)]  # of a lock's owner; any account of the board may have written it
Tokens = Annotated[int, Meta(ge=0, le=C_INT)]  # how many
Token = Annotated[int, Meta(ge=0, lt=MAX_VOCABULARY)]  # which
Seconds = Annotated[float, Meta(ge=0, le=MOST_S)]
Probability = Annotated[float, Meta(ge=0, le=1 + ROUNDING)]
Logarithm = Annotated[float, Meta(ge=-_MOST_LOGIT, le=ROUNDING)]
Gap = Annotated[float, Meta(ge=0, le=_MOST_LOGIT)]
Power = Annotated[float, Meta(ge=-1e18, le=1e18)]  # watts, or joules of a counter; whether it can be is judged later
