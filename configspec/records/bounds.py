"""What a field of the record may hold: far more than any board, model or price has, and no more than arithmetic bears.

Within these bounds nothing that is computed of a row overflows, divides by zero or loses a digit that counts. The
annotated types say what one field may be, and msgspec checks them as it reads. The functions say how fields must
stand to each other, and raise a ValueError that continues the name of what holds them.

    drafted      K * rounds, the last round counted whole
    rate         accepted / drafted
    by_prompt    adds up to rounds and accepted
    round_s      the median of its samples
    tokens_per_s K / round_s
    goodput      of real decoding: tokens / total_s
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, TypeAlias

from msgspec import Meta

from configspec.printable import printable
from configspec.theory.decoding import Decoding
from configspec.theory.figures import Estimate
from configspec.theory.serving.assumptions import (
    LEAST_GPUS,
    LEAST_USD,
    MOST_BATCH,
    MOST_CONTEXT,
    MOST_GPUS,
    MOST_USD,
    MOST_VERIFY_S,
    Serving,
)
from configspec.theory.serving.charges import PRICE_NAMES
from configspec.theory.serving.link import Link
from configspec.theory.serving.request import LEAST_TOKENS_PER_S, MOST_TOKENS

if TYPE_CHECKING:  # it needs numpy, and a command that reads no row does not wait for it
    from configspec.theory.prediction import RoundCost

MOST = 2**53 - 1  # beyond it a float does not count by ones
LONGEST_S = 1e9  # thirty years
SHORTEST_S = 1e-12  # of a round: drafting takes time
MOST_K = 4096
MOST_TOKENS_PER_S = 1e16  # MOST_K in the shortest time
MOST_WATTS, LEAST_WATTS = 1e9, 1e-9
MOST_BITS_PER_S, LEAST_BITS_PER_S = 1e18, 1.0
NAME_LETTERS = 200
MOST_SETTINGS = 100
TEXT_LETTERS = 100_000
ROUNDING = 1e-9  # by which a sum of expected counts may be beyond another
AGREEMENT = 1e-6  # relative: two ways to one figure agree

Text: TypeAlias = Annotated[str, Meta(max_length=TEXT_LETTERS)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=MOST)]
Whole: TypeAlias = Annotated[int, Meta(ge=1, le=MOST)]  # a count of at least one
Expected: TypeAlias = Count | Annotated[float, Meta(ge=0.0, le=float(MOST))]  # a count, or what it is on average
Speculative: TypeAlias = Annotated[int, Meta(ge=1, le=MOST_K)]  # a K
Seconds: TypeAlias = Annotated[float, Meta(ge=0.0, le=LONGEST_S)]
RoundSeconds: TypeAlias = Annotated[float, Meta(ge=SHORTEST_S, le=LONGEST_S)]
Difference: TypeAlias = Annotated[float, Meta(ge=-LONGEST_S, le=LONGEST_S)]  # seconds of two clocks; may be below 0
Goodput: TypeAlias = Annotated[float, Meta(ge=1e-12, le=MOST_TOKENS_PER_S)]
Figure: TypeAlias = Annotated[float, Meta(ge=-1e18, le=1e18)]  # a number that nothing is computed from
CInt: TypeAlias = Annotated[int, Meta(ge=-1, le=2**31 - 1)]  # as llama.cpp takes it; -1 is all
Share: TypeAlias = Annotated[float, Meta(ge=0.0, le=1.0)]
Sha256: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


def check_names(**names: str) -> None:
    """ValueError where a name is empty, too long, or holds what no file or terminal could."""
    for key, name in names.items():
        if not _is_name(name):
            found = printable(name, at_most=40)
            raise ValueError(f"{key} is '{found}'; a name has 1 to {NAME_LETTERS} letters, none of them NUL")


@lru_cache(maxsize=1024)  # a file has few of them, many times
def _is_name(name: str) -> bool:
    return 1 <= len(name) <= NAME_LETTERS and "\0" not in name and encodable(name)


def check_settings(settings: Mapping[str, str]) -> None:
    """ValueError where there are more of them than llama.cpp has, or one has no name or value of one."""
    if len(settings) > MOST_SETTINGS:
        raise ValueError(f"settings has {len(settings)} entries; at most {MOST_SETTINGS} can be")
    for name, value in settings.items():
        check_names(settings=name)
        check_names(**{f"settings.{printable(name, at_most=40)}": value})


def encodable(text: str) -> bool:
    """Whether a file can hold the text: no half of a surrogate pair stands in it alone."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def check_estimate(name: str, estimate: Estimate | None, *, most: float, least: float = 0.0) -> None:
    """ValueError where it cannot be: it does not hold as `Estimate.holds` has it, within `least` to `most`."""
    if estimate is None:
        return
    ordered = least <= estimate.low <= estimate.value <= estimate.high <= most  # and so finite: NaN is in no order
    if not (ordered and 0 <= estimate.confidence <= 1 and 0 <= estimate.n <= MOST):
        found = f"{estimate.low:.6g}, {estimate.value:.6g}, {estimate.high:.6g}"
        raise ValueError(
            f"{name} cannot be: low <= value <= high is needed, {least:g} to {most:g}, a confidence and a count; "
            f"found {found}"
        )


def check_watts(watts: Estimate | None) -> None:
    """ValueError where it is no power. A meter that stood still shows 0."""
    check_estimate("watts", watts, most=MOST_WATTS)
    if watts is not None and 0 < watts.value < LEAST_WATTS:
        raise ValueError(f"watts is {watts.value:g}; a power is 0, or at least {LEAST_WATTS:g} W")


def check_median(name: str, estimate: Estimate, samples: Sequence[float]) -> None:
    """ValueError where the estimate is not the median of its samples, if there are any."""
    if samples and not _agree(estimate.value, found := _median(samples)):
        raise ValueError(f"{name} is {estimate.value:g}, and the median of its samples {found:g}")


def check_counted(k: int, rounds: float | None, drafted: float | None) -> None:
    """ValueError where the counts are of another K."""
    if rounds is not None and drafted is not None and not _agree(drafted, k * rounds):
        raise ValueError(f"k is {k} and acceptance has {drafted:g} drafted in {rounds:g} rounds; drafted is K * rounds")


def check_timed(k: int, timed_k: int | None, method: str) -> None:
    """ValueError where the rounds that were timed are of another K; those of a larger one begin with rounds of K."""
    if timed_k is not None and (timed_k < k or (timed_k > k and method == "separate rounds")):
        raise ValueError(f"k is {k}, and {method} of {timed_k} were timed")


def check_speed(k: int, tokens_per_s: Estimate, round_s: Estimate) -> None:
    """ValueError where the drafting speed is of another K, or of other rounds."""
    if not _agree(tokens_per_s.value * round_s.value, k):
        raise ValueError(
            f"k is {k}, and {tokens_per_s.value:g} tokens/s for {round_s.value:g} s are of another; "
            "tokens_per_s is K over round_s"
        )


def check_goodput(goodput_tokens_per_s: float, tokens: int, total_s: float) -> None:
    """ValueError where the goodput of real decoding is not that of its tokens and seconds."""
    if not _agree(goodput_tokens_per_s, tokens / total_s):
        raise ValueError(
            f"goodput_tokens_per_s is {goodput_tokens_per_s:g}, and {tokens} tokens in {total_s:g} s are another"
        )


def check_rate(rate: Estimate, accepted: float | None, drafted: float | None) -> None:
    """ValueError where the rate is not that of its counts, or more was accepted than drafted."""
    check_estimate("rate", rate, most=1 + ROUNDING)
    if accepted is None or drafted is None:
        return
    if accepted > drafted * (1 + ROUNDING):
        raise ValueError(f"accepted {accepted:g} of {drafted:g} drafted cannot be")
    if drafted and not _agree(rate.value, accepted / drafted):
        raise ValueError(f"rate is {rate.value:g}, and accepted {accepted:g} of {drafted:g} drafted is another")


def check_sums(by_prompt: Sequence[tuple[float, float]], rounds: float | None, accepted: float | None) -> None:
    """ValueError where the prompts' counts do not add up to those of all, if there are any."""
    if by_prompt and rounds is not None and accepted is not None:
        found = [sum(each) for each in zip(*by_prompt, strict=True)]
        if not (_agree(found[0], rounds) and _agree(found[1], accepted)):
            raise ValueError(
                f"by_prompt adds up to {found[0]:g} rounds and {found[1]:g} accepted, "
                f"not to {rounds:g} and {accepted:g}"
            )


def check_decoding(decoding: Decoding | None) -> None:
    """ValueError where tokens cannot be chosen so."""
    if decoding is not None:
        check_within(temperature=(decoding.temperature, 0, 1e6), top_k=(decoding.top_k, 0, MOST))
        check_within(top_p=(decoding.top_p, 0, 1), seed=(decoding.seed, -MOST, MOST))


@lru_cache(maxsize=64)  # rows of one run share them; what raises is not kept
def check_serving(serving: Serving) -> None:
    """ValueError where nobody serves so."""
    price = serving.usd_per_million_tokens
    check_within(verify_s=(serving.verify_s, 0, MOST_VERIFY_S), usd_per_million_tokens=(price, 0, MOST_USD))
    if 0 < price < LEAST_USD:
        raise ValueError(f"usd_per_million_tokens is {price:g}; a price is 0, or at least {LEAST_USD:g}")
    for name, by_k in (("verify_s_by_k", serving.verify_s_by_k), ("link_s_by_k", serving.link_s_by_k)):
        check_each(name, [seconds for _, seconds in by_k], least=0, most=MOST_VERIFY_S)
        check_each(name, [k for k, _ in by_k], least=0, most=MOST)
    check_each("verify_samples_s", serving.verify_samples_s, least=0, most=MOST_VERIFY_S)
    check_within(batch=(serving.batch, 1, MOST_BATCH), context_tokens=(serving.context_tokens, 0, MOST_CONTEXT))
    check_within(target_tokens_per_s=(serving.target_tokens_per_s, LEAST_TOKENS_PER_S, MOST_TOKENS_PER_S))
    linear, assumed = serving.verify_linear, serving.link
    if linear is not None:
        check_within(base_s=(linear.base_s, 0, MOST_VERIFY_S), s_per_token=(linear.s_per_token, 0, MOST_VERIFY_S))
        check_within(s_per_context_token=(linear.s_per_context_token, 0, MOST_VERIFY_S))
    if assumed is not None:
        check_within(rtt_s=(assumed.rtt_s, 0, LONGEST_S), jitter_s=(assumed.jitter_s, 0, LONGEST_S))
        check_within(up_bits_per_s=(assumed.up_bits_per_s, LEAST_BITS_PER_S, MOST_BITS_PER_S))
        check_within(down_bits_per_s=(assumed.down_bits_per_s, LEAST_BITS_PER_S, MOST_BITS_PER_S))
        check_within(vocabulary=(assumed.vocabulary, 0, MOST), overhead_bytes=(assumed.overhead_bytes, 0, MOST))
    request = serving.request
    check_within(prompt_tokens=(request.prompt_tokens, 0, MOST_TOKENS), new_tokens=(request.new_tokens, 1, MOST_TOKENS))
    check_within(target_prompt_tokens_per_s=(request.target_prompt_tokens_per_s, LEAST_TOKENS_PER_S, MOST_TOKENS_PER_S))
    check_within(gpus=(serving.prices.gpus, LEAST_GPUS, MOST_GPUS))
    for name in PRICE_NAMES:
        check_within(**{name: (getattr(serving.prices, name), LEAST_USD, MOST_USD)})
    if serving.contradiction is not None:
        raise ValueError(f"serving {serving.contradiction}")


def check_link(link: Link | None) -> None:
    """ValueError where no message travels so."""
    if link is not None:
        check_within(rtt_s=(link.rtt_s, 0, LONGEST_S), jitter_s=(link.jitter_s, 0, LONGEST_S))
        check_within(bits_per_s=(link.bits_per_s, 0, MOST_BITS_PER_S))


def check_cost(cost: RoundCost) -> None:
    """ValueError where no round takes so long; that no part of it is below 0, the cost sees itself."""
    costs_s = [cost.round_s, cost.catch_up_s, cost.verify_s, cost.exchange_s]
    if cost.going_back is not None:
        costs_s += [cost.going_back.restore_s, *(more_s for _, more_s in cost.going_back.again_s)]
    check_each("cost_s", costs_s, least=0, most=LONGEST_S)


def check_within(**bounded: tuple[float | None, float, float]) -> None:
    """ValueError where a number leaves its bounds, or is none; None is not looked at."""
    for name, (number, least, most) in bounded.items():
        if number is not None and not least <= number <= most:
            raise ValueError(f"{name} is {number!r:.24}; it is {least:g} to {most:g}")


def check_each(name: str, numbers: Iterable[float], *, least: float, most: float) -> None:
    """The same of many."""
    for number in numbers:
        if not least <= number <= most:
            raise ValueError(f"{name} holds {number!r:.24}; each is {least:g} to {most:g}")


def _median(samples: Sequence[float]) -> float:
    """As `statistics.median`, without asking what kind of numbers they are."""
    ordered = sorted(samples)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _agree(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=AGREEMENT, abs_tol=1e-12)
