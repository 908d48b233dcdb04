"""What is assumed of the serving, as keywords of Python: those of the command line with underscores."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from contextlib import suppress
from itertools import islice
from numbers import Integral, Real
from typing import TypedDict, cast

from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.theory.serving.assumed import Assumed as OverRecorded
from configspec.theory.serving.assumptions import LEAST_VERIFY_S, MOST_SAMPLES, MOST_VERIFY_S, EnergyBoundary
from configspec.theory.serving.billing import Bills
from configspec.theory.serving.jitter import JitterName
from configspec.theory.serving.keywords import QUANTITIES, SAMPLES, WORDS, Quantity, Word, assumed_of
from configspec.theory.serving.payload import PayloadName

LETTERS = 60  # of a wrong value in a message


class Assumed(TypedDict, total=False):
    """Serving assumptions in place of those that were recorded, and which rows count. docs/serving.md has the formulas.

    Attributes:
        verify_s: Seconds to verify a round, whatever its K; with the link to the verifier where none is assumed.
        verify_base_s: In place of `verify_s`, seconds of a verifying pass.
        verify_token_s: On top of these, seconds for each token in the pass: `batch` times K + 1 of them.
        verify_context_token_s: Seconds for each token of context in the pass.
        verify_samples: In place of `verify_s`, seconds of rounds; their mean counts.
        batch: Rounds in one pass of the verifier, in the mean.
        context_tokens: Tokens before a round's own, in the mean over rounds.
        target_tokens_per_s: Tokens per second that the target streams without a draft.
        rtt_ms: Round trip to the verifier, on top of its seconds.
        jitter_ms: By how much the round trip varies.
        jitter: How: "two-sided" or "queueing".
        mbps_up: Megabits a second from the device.
        mbps_down: Megabits a second to the device.
        payload: What travels of each token: "ids", "probabilities" or "distributions".
        vocabulary: Entries of a distribution.
        overhead_bytes: Bytes of framing of each message.
        usd_per_million: Price of a million tokens at the verifier; of output where input has a price of its own.
        usd_per_million_input: Price of a million input tokens.
        usd_per_million_cached: Price of a million input tokens that it still holds.
        usd_per_gpu_hour: Price of an hour of a GPU of the verifier, while it verifies.
        gpus: GPUs that verify together.
        usd_per_gb_up: Price of 10^9 bytes from the device.
        usd_per_gb_down: Price of 10^9 bytes to the device.
        usd_per_kwh: Price of a kWh at the device.
        bills: Which tokens of a round are billed, such as "drafted" (K) or "drafted+1".
        energy: What the device's energy counts: "drafting", or "drafting+waiting".
        prompt_tokens: Tokens of the prompt of a request.
        new_tokens: Tokens that are generated after it.
        target_prompt_tokens_per_s: How fast the target reads a prompt.
        allow_throttled: Whether to take what was measured while the device throttled, or changed its mode, too.
        fill: Whether to weigh what nobody measured too, modelled with its error: other K, drafters that a device lacks.
    """

    verify_s: float
    verify_base_s: float
    verify_token_s: float
    verify_context_token_s: float
    verify_samples: Collection[float]
    batch: float
    context_tokens: float
    target_tokens_per_s: float
    rtt_ms: float
    jitter_ms: float
    jitter: JitterName
    mbps_up: float
    mbps_down: float
    payload: PayloadName
    vocabulary: int
    overhead_bytes: int
    usd_per_million: float
    usd_per_million_input: float
    usd_per_million_cached: float
    usd_per_gpu_hour: float
    gpus: float
    usd_per_gb_up: float
    usd_per_gb_down: float
    usd_per_kwh: float
    bills: Bills
    energy: EnergyBoundary
    prompt_tokens: int
    new_tokens: int
    target_prompt_tokens_per_s: float
    allow_throttled: bool
    fill: bool


def read_assumed(assumed: Assumed) -> OverRecorded:
    """The same in base units.

    Raises:
        UsageError: There is no such keyword, a value cannot be, or two exclude each other.
    """
    unknown = [name for name in assumed if name not in Assumed.__annotations__]
    if unknown:
        known = did_you_mean(unknown[0], Assumed.__annotations__)
        raise UsageError(f"{printable(unknown[0], at_most=LETTERS)}: no such assumption. {known}")
    given = {name: value for name, value in cast(Mapping[str, object], assumed).items() if value is not None}
    said: dict[str, object] = {
        **{one.keyword: _number(one, given[one.keyword]) for one in QUANTITIES if one.keyword in given},
        **{one.keyword: _word(one, given[one.keyword]) for one in WORDS if one.keyword in given},
    }
    if SAMPLES in given:
        said[SAMPLES] = _samples(given[SAMPLES])
    return assumed_of(said, str)


def number(name: str, value: object, least: float, most: float) -> float:
    """A number within bounds.

    Raises:
        UsageError: It is none, or outside.
    """
    found = math.nan
    if not isinstance(value, bool) and isinstance(value, Real):
        with suppress(OverflowError):  # a whole number of any length
            found = float(value)
    if not least <= found <= most:
        raise UsageError(f"{name} is {shown(value)}; it takes a number, {least:g} to {most:g}.")
    return found


def is_whole(value: object) -> bool:
    """Whether it is a whole number, of whatever library."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def shown(value: object) -> str:
    """Whatever it is, cut and harmless."""
    return printable(repr(value), at_most=LETTERS)


def _number(one: Quantity, value: object) -> float:
    if one.whole and not is_whole(value):
        raise UsageError(f"{one.keyword} is {shown(value)}; it takes a whole number, {one.least:g} to {one.most:g}.")
    return number(one.keyword, value, one.least, one.most)


def _word(one: Word, value: object) -> str:
    if not isinstance(value, str) or value not in one.known:
        raise UsageError(f"{one.keyword} is {shown(value)}. {did_you_mean(str(value), one.known)}")
    return value


def _samples(value: object) -> tuple[float, ...]:
    several = isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)
    found = list(islice(value, MOST_SAMPLES + 1)) if several else []  # type: ignore[call-overload]
    if not 1 <= len(found) <= MOST_SAMPLES:
        raise UsageError(f"{SAMPLES} is {shown(value)}; it takes 1 to {MOST_SAMPLES} numbers.")
    return tuple(number(f"one of {SAMPLES}", each, LEAST_VERIFY_S, MOST_VERIFY_S) for each in found)
