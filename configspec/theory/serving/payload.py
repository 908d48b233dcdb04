"""What travels in a round: one class each. A new one is a class and a line in `PAYLOADS`.

    K    tokens drafted a round
    V    entries of the target's vocabulary

A token id is an int32, as llama.cpp's `llama_token` is. Back come how many tokens were accepted, and the target's own.
"""

from __future__ import annotations

from typing import Literal, Protocol, final

from configspec.theory.figures import Number

PayloadName = Literal["ids", "probabilities", "distributions"]
ID_BYTES = 4
DOWN_BYTES = 2 * ID_BYTES


class Payload(Protocol):
    """What the device sends of each drafted token."""

    @property
    def name(self) -> PayloadName:
        """As `devices.yaml` and `--payload` have it."""

    @property
    def words(self) -> str:
        """As a report says it."""

    def up_bytes(self, k: Number, vocabulary: int) -> Number:
        """Bytes from the device in a round of `k`; of an array of K, for each."""


@final
class Ids:
    """The drafted tokens: enough where the target compares them with its own choice, greedy or sampled."""

    name: PayloadName = "ids"
    words = "token ids"

    def up_bytes(self, k: Number, vocabulary: int) -> Number:
        """4 K."""
        return ID_BYTES * k


@final
class Probabilities:
    """Each token with the probability that the draft gave it, a float32.

    It is what the test of speculative sampling takes (Leviathan et al., arXiv 2211.17192, algorithm 1: accept with
    min(1, p / q)). What a rejected token is replaced by takes the whole distribution, or an approximation of it.
    """

    name: PayloadName = "probabilities"
    words = "token ids with a probability each"

    def up_bytes(self, k: Number, vocabulary: int) -> Number:
        """8 K."""
        return 2 * ID_BYTES * k


@final
class Distributions:
    """Each token with the draft's whole distribution, a float16 for each entry of the vocabulary.

    The residual distribution max(0, p - q) of algorithm 1 of arXiv 2211.17192 takes all of q. It is what makes a link
    slow: with a target of 70B, arXiv 2603.19133 measured 0.28 s a round with distributions, and 0.17 to 0.20 s where
    ids and single probabilities travel.
    """

    name: PayloadName = "distributions"
    words = "token ids with a distribution each"

    def up_bytes(self, k: Number, vocabulary: int) -> Number:
        """K (4 + 2 V)."""
        return (ID_BYTES + 2 * vocabulary) * k


PAYLOADS: tuple[Payload, ...] = (Ids(), Probabilities(), Distributions())


def payload(name: PayloadName) -> Payload:
    """The one of that name."""
    return next(one for one in PAYLOADS if one.name == name)
