"""What a person may assume of the serving: a line for each figure, for the command line and for Python alike.

An option is a keyword with dashes: `--rtt-ms`, `rtt_ms`. Milliseconds, megabits and millions end here: what is made of
them is in base units. Which values can be is said here once; how they are read, and how a mistake is told, is the
reader's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias, get_args

from configspec.errors import UsageError
from configspec.theory.serving.assumed import Assumed
from configspec.theory.serving.assumptions import (
    LEAST_GPUS,
    LEAST_USD,
    LEAST_VERIFY_S,
    MOST_BATCH,
    MOST_CONTEXT,
    MOST_GPUS,
    MOST_OVERHEAD_BYTES,
    MOST_USD,
    MOST_VERIFY_S,
    EnergyBoundary,
    Serving,
)
from configspec.theory.serving.billing import Bills
from configspec.theory.serving.jitter import JitterName
from configspec.theory.serving.payload import PayloadName
from configspec.theory.serving.request import LEAST_TOKENS_PER_S, MOST_TOKENS, MOST_TOKENS_PER_S, ServedRequest
from configspec.theory.serving.verification import LinearSeconds

MOST_MS, MOST_MBPS, LEAST_MBPS = 60_000.0, 1_000_000.0, 0.0001  # as in devices.yaml
MOST_VOCABULARY = 10_000_000
_REQUEST = ServedRequest()
Written: TypeAlias = Callable[[str], str]  # a keyword as whoever is told of it writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number from `least` to `most` in its own `unit`; times `factor` it is `figure` of `Assumed`, or of the law."""

    option: str
    unit: str
    least: float
    most: float
    words: str
    figure: str
    factor: float = 1.0
    whole: bool = False

    @property
    def keyword(self) -> str:
        """Of Python."""
        return keyword(self.option)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One of some words: `figure` of `Assumed`."""

    option: str
    known: tuple[str, ...]
    words: str
    figure: str

    @property
    def keyword(self) -> str:
        """Of Python."""
        return keyword(self.option)


def keyword(option: str) -> str:
    """`rtt_ms` of `--rtt-ms`."""
    return option.removeprefix("--").replace("-", "_")


def _seconds(option: str, words: str, figure: str, least: float = 0.0) -> Quantity:
    return Quantity(option=option, unit="S", least=least, most=MOST_VERIFY_S, words=words, figure=figure)


def _usd(option: str, words: str, figure: str) -> Quantity:
    return Quantity(option=option, unit="USD", least=LEAST_USD, most=MOST_USD, words=words, figure=figure)


def _ms(option: str, words: str, figure: str) -> Quantity:
    return Quantity(option=option, unit="MS", least=0, most=MOST_MS, words=words, figure=figure, factor=1e-3)


def _mbps(option: str, words: str, figure: str) -> Quantity:
    least, most = LEAST_MBPS, MOST_MBPS
    return Quantity(option=option, unit="MBPS", least=least, most=most, words=words, figure=figure, factor=1e6)


def _speed(option: str, words: str, figure: str) -> Quantity:
    least, most = LEAST_TOKENS_PER_S, MOST_TOKENS_PER_S
    return Quantity(option=option, unit="V", least=least, most=most, words=words, figure=figure)


def _count(option: str, least: float, most: float, words: str, figure: str, *, whole: bool = True) -> Quantity:
    return Quantity(option=option, unit="N", least=least, most=most, words=words, figure=figure, whole=whole)


VERIFICATION = (
    _seconds("--verify-s", "seconds to verify a round of any K", "verify_s", LEAST_VERIFY_S),
    _seconds("--verify-base-s", "fixed seconds of a verifying pass, instead of --verify-s", "base_s"),
    _seconds("--verify-token-s", "more seconds for each token in the pass, batch times K + 1 of them", "s_per_token"),
    _seconds("--verify-context-token-s", "more seconds for each token of context in the pass", "s_per_context_token"),
    _count("--batch", 1, MOST_BATCH, "mean rounds in one pass of the verifier", "batch", whole=False),
    _count(
        "--context-tokens",
        0,
        MOST_CONTEXT,
        "mean tokens of context before a round's own",
        "context_tokens",
        whole=False,
    ),
    _speed(
        "--target-tokens-per-s",
        "tokens per second that the target streams without a draft: the value of the cloud alone",
        "target_tokens_per_s",
    ),
)
LINK = (
    _ms("--rtt-ms", "round trip to the verifier, on top of its seconds", "rtt_s"),
    _ms("--jitter-ms", "how much the round trip varies", "jitter_s"),
    _mbps("--mbps-up", "megabits per second from the device", "up_bits_per_s"),
    _mbps("--mbps-down", "megabits per second to the device", "down_bits_per_s"),
    _count("--vocabulary", 1, MOST_VOCABULARY, "entries of a distribution, for --payload distributions", "vocabulary"),
    _count("--overhead-bytes", 0, MOST_OVERHEAD_BYTES, "bytes of framing of each message", "overhead_bytes"),
)
PRICES = (
    _usd("--usd-per-million", "price of a million tokens at the verifier", "usd_per_million_tokens"),
    _usd("--usd-per-million-input", "price of a million input tokens", "usd_per_million_input_tokens"),
    _usd(
        "--usd-per-million-cached",
        "price of a million input tokens that the verifier still holds",
        "usd_per_million_cached_tokens",
    ),
    _usd("--usd-per-gpu-hour", "price of an hour of a GPU of the verifier, while it verifies", "usd_per_gpu_hour"),
    _count("--gpus", LEAST_GPUS, MOST_GPUS, "GPUs that verify together", "gpus", whole=False),
    _usd("--usd-per-gb-up", "price of 10^9 bytes from the device", "usd_per_gb_up"),
    _usd("--usd-per-gb-down", "price of 10^9 bytes to the device", "usd_per_gb_down"),
    _usd("--usd-per-kwh", "price of a kWh at the device", "usd_per_kwh"),
)
REQUEST = (
    _count(
        "--prompt-tokens",
        0,
        MOST_TOKENS,
        f"tokens of a request's prompt; default: {_REQUEST.prompt_tokens}",
        "prompt_tokens",
    ),
    _count("--new-tokens", 1, MOST_TOKENS, f"tokens generated after it; default: {_REQUEST.new_tokens}", "new_tokens"),
    _speed(
        "--target-prompt-tokens-per-s",
        "tokens per second at which the target reads a prompt; default: no slower than the device",
        "target_prompt_tokens_per_s",
    ),
)
QUANTITIES: tuple[Quantity, ...] = (*VERIFICATION, *LINK, *PRICES, *REQUEST)
OF_LINK = (
    Word(
        option="--jitter",
        known=get_args(JitterName),
        words="how the round trip varies; default: two-sided",
        figure="jitter",
    ),
    Word(
        option="--payload",
        known=get_args(PayloadName),
        words="what is sent for each drafted token; default: ids",
        figure="payload",
    ),
)
OF_PRICE = (
    Word(option="--bills", known=get_args(Bills), words="which tokens of a round are billed", figure="bills"),
    Word(
        option="--energy",
        known=get_args(EnergyBoundary),
        words="what the device's energy counts: drafting, or waiting too",
        figure="energy_boundary",
    ),
)
WORDS: tuple[Word, ...] = (*OF_LINK, *OF_PRICE)
# Those that stand alone; the others are parts of a law that is given as a whole.
SINGLE: tuple[Quantity, ...] = tuple(
    one for one in QUANTITIES if one.figure in {figure.name for figure in fields(Assumed)}
)
SAMPLES = "verify_samples"  # a file of them on the command line, the numbers in Python


def assumed_of(said: Mapping[str, Any], written: Written) -> Assumed:
    """What was said, by keyword: numbers in their own units, words, and samples, each one that can be.

    Raises:
        UsageError: Two say how long verification takes, or a part of the linear law has no base.
    """
    given = {name: value for name, value in said.items() if value is not None}
    laws = [name for name in ("verify_s", "verify_base_s", SAMPLES) if name in given]
    if len(laws) > 1:
        first, second = map(written, laws[:2])
        raise UsageError(f"{first} and {second} each say how long verification takes. Keep one of them.")
    figures: dict[str, Any] = {one.figure: given[one.keyword] for one in WORDS if one.keyword in given}
    for one in QUANTITIES:
        if one.keyword in given:
            value = given[one.keyword] * one.factor
            figures[one.figure] = int(value) if one.whole else float(value)
    parts = {name: figures.pop(name) for name in ("base_s", "s_per_token", "s_per_context_token") if name in figures}
    if parts and "base_s" not in parts:
        part = "verify_token_s" if "s_per_token" in parts else "verify_context_token_s"
        base = written("verify_base_s")
        raise UsageError(f"{written(part)} comes on top of {base}, the seconds of any pass. Give that too.")
    linear = LinearSeconds(**parts) if parts else None
    return Assumed(**figures, verify_linear=linear, verify_samples_s=given.get(SAMPLES))


def check_assumed(assumed: Assumed, recorded: Iterable[Serving], written: Written) -> None:
    """UsageError where what is assumed cannot hold over what some row was recorded with."""
    keywords = {one.figure: one.keyword for one in QUANTITIES}
    for serving in dict.fromkeys(recorded):
        found = assumed.over(serving)
        if found.contradiction is not None:
            why = re.sub(r"`(\w+)`", lambda name: written(keywords.get(name[1], name[1])), found.contradiction)
            raise UsageError(f"what is assumed {why}.")
        if found.link != serving.link and not found.link_is_apart:
            raise UsageError(
                "verification was measured with the device's link in it, and these rows do not say how much of it that "
                f"is. Give {written('verify_s')} too: the verifier's own seconds."
            )
