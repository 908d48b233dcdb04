"""Draws that are made again, from memory: of one state, a generator always makes the same numbers.

The rankings of a device begin at one state whatever the run (`ranking.py`), so two runs that are compared draw the same
prompts and rounds; and the best are drawn for once before all others.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 16 << 20


@final
class RepeatedDraws:
    """The last draws of a kind, and where the generator was behind each."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Keep as many of the last ones as have so many bytes together."""
        self._most_bytes = most_bytes
        self._bytes = 0
        self._known: OrderedDict[Hashable, tuple[NDArray[Any], dict[str, Any]]] = OrderedDict()

    def draw(
        self, rng: np.random.Generator, what: Hashable, make: Callable[[np.random.Generator], NDArray[Any]]
    ) -> NDArray[Any]:
        """What `make` draws, which must depend on `what` and the generator alone; not to be written to.

        The generator is afterwards where `make` leaves it.
        """
        state = _key(rng)
        if state is None:
            return make(rng)
        known = self._known.get((what, state))
        if known is not None:
            self._known.move_to_end((what, state))
            rng.bit_generator.state = known[1]
            return known[0]
        made = make(rng)
        made.setflags(write=False)
        self._keep((what, state), made, dict(rng.bit_generator.state))
        return made

    def _keep(self, key: Hashable, made: NDArray[Any], behind: dict[str, Any]) -> None:
        if made.nbytes > self._most_bytes:
            return
        self._known[key] = made, behind
        self._bytes += made.nbytes
        while self._bytes > self._most_bytes:
            _, (oldest, _) = self._known.popitem(last=False)
            self._bytes -= oldest.nbytes


def copied(rng: np.random.Generator) -> np.random.Generator:
    """A generator that will draw the same; a fifth of the time that `copy.deepcopy` takes."""
    bits = type(rng.bit_generator)(0)
    bits.state = rng.bit_generator.state
    return np.random.Generator(bits)


def _key(rng: np.random.Generator) -> Hashable:
    """The generator's state, by which it is known again; None of a kind whose state is not a few numbers."""
    found = rng.bit_generator.state
    if found["bit_generator"] != "PCG64":
        return None
    return found["state"]["state"], found["state"]["inc"], found["has_uint32"], found["uinteger"]
