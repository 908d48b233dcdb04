"""The options that say what is assumed of the serving: one place for all commands that ask recorded rows."""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.theory.serving.assumptions import (
    LEAST_GPUS,
    LEAST_USD,
    LEAST_VERIFY_S,
    MOST_BATCH,
    MOST_CONTEXT,
    MOST_GPUS,
    MOST_OVERHEAD_BYTES,
    MOST_SAMPLES,
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
from configspec.untrusted import read_bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from configspec.theory.serving.assumed import Assumed

MOST_MS, MOST_MBPS, LEAST_MBPS = 60_000.0, 1_000_000.0, 0.0001  # as in devices.yaml
MOST_VOCABULARY = 10_000_000
MOST_FILE_BYTES = 1 << 20
_REQUEST = ServedRequest()
# Option, what it takes, least, most, help. The name without dashes is that of the figure.
Number = tuple[str, str, float, float, str]
VERIFICATION: tuple[Number, ...] = (
    ("--verify-s", "S", LEAST_VERIFY_S, MOST_VERIFY_S, "seconds to verify a round, whatever its K"),
    ("--verify-base-s", "S", 0, MOST_VERIFY_S, "seconds of a verifying pass, in place of --verify-s; what is in it:"),
    ("--verify-token-s", "S", 0, MOST_VERIFY_S, "seconds for each token in the pass, batch times K + 1 of them"),
    ("--verify-context-token-s", "S", 0, MOST_VERIFY_S, "seconds for each token of context in the pass"),
    ("--batch", "N", 1, MOST_BATCH, "rounds in one pass of the verifier, in the mean"),
    ("--context-tokens", "N", 0, MOST_CONTEXT, "tokens before a round's own, in the mean over rounds"),
)
LINK: tuple[Number, ...] = (
    ("--rtt-ms", "MS", 0, MOST_MS, "round trip to the verifier, on top of its seconds"),
    ("--jitter-ms", "MS", 0, MOST_MS, "by how much the round trip varies"),
    ("--mbps-up", "MBPS", LEAST_MBPS, MOST_MBPS, "megabits a second from the device"),
    ("--mbps-down", "MBPS", LEAST_MBPS, MOST_MBPS, "megabits a second to the device"),
    ("--vocabulary", "N", 1, MOST_VOCABULARY, "entries of a distribution, for --payload distributions"),
    ("--overhead-bytes", "N", 0, MOST_OVERHEAD_BYTES, "bytes of framing of each message"),
)
PRICES: tuple[Number, ...] = (
    ("--usd-per-million", "USD", LEAST_USD, MOST_USD, "price of a million tokens at the verifier"),
    ("--usd-per-million-input", "USD", LEAST_USD, MOST_USD, "price of a million input tokens"),
    ("--usd-per-million-cached", "USD", LEAST_USD, MOST_USD, "price of a million input tokens that it still holds"),
    ("--usd-per-gpu-hour", "USD", LEAST_USD, MOST_USD, "price of an hour of a GPU of the verifier, while it verifies"),
    ("--gpus", "N", LEAST_GPUS, MOST_GPUS, "GPUs that verify together"),
    ("--usd-per-gb-up", "USD", LEAST_USD, MOST_USD, "price of 10^9 bytes from the device"),
    ("--usd-per-gb-down", "USD", LEAST_USD, MOST_USD, "price of 10^9 bytes to the device"),
    ("--usd-per-kwh", "USD", LEAST_USD, MOST_USD, "price of a kWh at the device"),
)
REQUEST: tuple[Number, ...] = (
    ("--prompt-tokens", "N", 0, MOST_TOKENS, f"tokens of a request's prompt; default: {_REQUEST.prompt_tokens}"),
    ("--new-tokens", "N", 1, MOST_TOKENS, f"tokens generated after it; default: {_REQUEST.new_tokens}"),
    (
        "--target-prompt-tokens-per-s",
        "V",
        LEAST_TOKENS_PER_S,
        MOST_TOKENS_PER_S,
        "tokens per second with which the target reads a prompt; default: no slower than the device",
    ),
)
WHOLE = ("--vocabulary", "--overhead-bytes", "--prompt-tokens", "--new-tokens")
OF_FIGURE = {  # those that another assumption may need
    "usd_per_million_input_tokens": "--usd-per-million-input",
    "usd_per_million_cached_tokens": "--usd-per-million-cached",
    "context_tokens": "--context-tokens",
    "vocabulary": "--vocabulary",
}


def add_assumed(command: argparse.ArgumentParser) -> None:
    """Options for verification, link and price, and what energy counts."""
    group = command.add_argument_group(
        "serving assumptions", "in place of those that were recorded; docs/serving.md has each formula and its source"
    )
    _add(group, VERIFICATION)
    group.add_argument("--verify-samples", type=Path, metavar="FILE", help="seconds of rounds, one a line: their mean")
    _add(group, LINK)
    group.add_argument("--jitter", choices=get_args(JitterName), help="how it varies; default: two-sided")
    group.add_argument("--payload", choices=get_args(PayloadName), help="what travels of each token; default: ids")
    _add(group, PRICES)
    _add(group, REQUEST)
    group.add_argument("--bills", choices=get_args(Bills), help="which tokens of a round are billed")
    group.add_argument(
        "--energy", choices=get_args(EnergyBoundary), help="what the device's energy counts: drafting, or waiting too"
    )


def read_assumed(asked: argparse.Namespace) -> Assumed:
    """What the options say.

    Raises:
        UsageError: A value cannot be, two options exclude each other, or the file of samples cannot be read.
    """
    from configspec.theory.serving.assumed import Assumed

    found = {option: _figure(asked, option, least, most) for option, _, least, most, _ in _numbers()}
    linear = _linear(found)
    samples = None if asked.verify_samples is None else read_samples(asked.verify_samples)
    given = [
        name
        for name, value in (
            ("--verify-s", found["--verify-s"]),
            ("--verify-base-s", linear),
            ("--verify-samples", samples),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise UsageError(f"{given[0]} and {given[1]} each say how long verification takes. Keep one of them.")
    return Assumed(
        verify_s=found["--verify-s"],
        verify_samples_s=samples,
        verify_linear=linear,
        batch=found["--batch"],
        context_tokens=found["--context-tokens"],
        energy_boundary=asked.energy,
        usd_per_million_tokens=found["--usd-per-million"],
        bills=asked.bills,
        rtt_s=_times(found["--rtt-ms"], 1e-3),
        jitter_s=_times(found["--jitter-ms"], 1e-3),
        jitter=asked.jitter,
        up_bits_per_s=_times(found["--mbps-up"], 1e6),
        down_bits_per_s=_times(found["--mbps-down"], 1e6),
        payload=asked.payload,
        vocabulary=_whole(found["--vocabulary"]),
        overhead_bytes=_whole(found["--overhead-bytes"]),
        usd_per_million_input_tokens=found["--usd-per-million-input"],
        usd_per_million_cached_tokens=found["--usd-per-million-cached"],
        usd_per_gpu_hour=found["--usd-per-gpu-hour"],
        gpus=found["--gpus"],
        usd_per_gb_up=found["--usd-per-gb-up"],
        usd_per_gb_down=found["--usd-per-gb-down"],
        usd_per_kwh=found["--usd-per-kwh"],
        prompt_tokens=_whole(found["--prompt-tokens"]),
        new_tokens=_whole(found["--new-tokens"]),
        target_prompt_tokens_per_s=found["--target-prompt-tokens-per-s"],
    )


def check_assumed(assumed: Assumed, recorded: Iterable[Serving]) -> None:
    """UsageError where what is assumed cannot hold over what some row was recorded with."""
    for serving in dict.fromkeys(recorded):
        found = assumed.over(serving)
        if found.contradiction is not None:
            why = re.sub(r"`(\w+)`", lambda name: OF_FIGURE.get(name[1], name[0]), found.contradiction)
            raise UsageError(f"what is assumed {why}.")
        if found.link != serving.link and not found.link_is_apart:
            raise UsageError(
                "verification was measured with the device's link in it, and these rows do not say how much of it that "
                "is. Give --verify-s too: the verifier's own seconds."
            )


def read_samples(path: Path) -> tuple[float, ...]:
    """Seconds, one a line; empty lines are skipped.

    Raises:
        UsageError: It cannot be read, or a line is no time.
    """
    try:
        lines = read_bounded(path, at_most_bytes=MOST_FILE_BYTES).decode("utf-8").splitlines()
    except OSError as problem:
        raise UsageError(f"--verify-samples: {printable(str(path))} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"--verify-samples: {printable(str(path))} is not text.") from None
    samples = [_sample(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not 1 <= len(samples) <= MOST_SAMPLES:
        raise UsageError(
            f"--verify-samples: {printable(str(path))} has {len(samples)} lines; 1 to {MOST_SAMPLES} can be."
        )
    return tuple(samples)


def _sample(path: Path, number: int, line: str) -> float:
    value = _parsed(line)
    if value is None or not LEAST_VERIFY_S <= value <= MOST_VERIFY_S:
        shown = printable(line.strip(), at_most=40)
        where = f"{printable(str(path))}, line {number}"
        raise UsageError(
            f"--verify-samples: {where} is {shown!r}; it takes seconds, {LEAST_VERIFY_S:g} to {MOST_VERIFY_S:g}."
        )
    return value


def _add(group: argparse._ArgumentGroup, numbers: Sequence[Number]) -> None:
    for option, metavar, _, _, words in numbers:
        group.add_argument(option, metavar=metavar, help=words)


def _numbers() -> tuple[Number, ...]:
    return (*VERIFICATION, *LINK, *PRICES, *REQUEST)


def _figure(asked: argparse.Namespace, option: str, least: float, most: float) -> float | None:
    written = getattr(asked, option.removeprefix("--").replace("-", "_"))
    if written is None:
        return None
    value = _parsed(written)
    whole = option not in WHOLE or (value is not None and value.is_integer())
    if value is None or not least <= value <= most or not whole:
        kind = "a number" if option not in WHOLE else "a whole number"
        raise UsageError(f"{option} is {printable(written, at_most=40)}; it takes {kind}, {least:g} to {most:g}.")
    return value


def _parsed(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _linear(found: dict[str, float | None]) -> LinearSeconds | None:
    base_s, token_s = found["--verify-base-s"], found["--verify-token-s"]
    context_s = found["--verify-context-token-s"]
    if base_s is None:
        if token_s is not None or context_s is not None:
            option = "--verify-token-s" if token_s is not None else "--verify-context-token-s"
            raise UsageError(f"{option} comes on top of --verify-base-s, the seconds of any pass. Give that too.")
        return None
    return LinearSeconds(base_s=base_s, s_per_token=token_s or 0.0, s_per_context_token=context_s or 0.0)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
