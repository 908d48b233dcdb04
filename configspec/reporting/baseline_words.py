"""What a ranking's best is held against, in words: a line for each way, and where speculation loses, said first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from configspec.reporting.choice_words import name_of, value_words
from configspec.reporting.figure_words import figure
from configspec.reporting.target_alone import round_of
from configspec.selection.baselines import Baseline, BreakEvenPoint, Figure
from configspec.selection.ranking import Ranking
from configspec.theory.objectives.objective import Objective

WORSE: Mapping[str, str] = {
    "tokens/s": "slower",
    "tokens/$": "dearer",
    "s/request": "slower",
}  # by the unit of what loses
NAMES: Mapping[Figure, str] = {
    "acceptance": "acceptance",
    "drafting_tokens_per_s": "drafting speed",
    "verify_s": "time of verification",
    "link_s": "link",
}


def losses(ranking: Ranking, found: Sequence[Baseline]) -> Iterator[str]:
    """Where the best is beyond doubt worse than doing without a draft: a sentence, with the reason in a round's time.

    A draft alone is another model: nothing loses to it.
    """
    for one, value in _lost(found):
        yield f"{_loses(ranking, one, value)}; {_why(ranking, one)}"


def losses_in_short(ranking: Ranking, found: Sequence[Baseline]) -> Iterator[str]:
    """The same without the reason."""
    yield from (_loses(ranking, one, value) for one, value in _lost(found))


def _lost(found: Sequence[Baseline]) -> Iterator[tuple[Baseline, float]]:
    for one in found:
        if one.value is not None and one.way != "device only" and one.shown_better:
            yield one, one.value.value


def _loses(ranking: Ranking, one: Baseline, value: float) -> str:
    objective, best = ranking.objective, ranking.choices[0]
    return (
        f"speculation is {WORSE.get(objective.unit, 'worse')} here than {one.way}: the best by {objective.name}, "
        f"{name_of(best.configuration.id)}, has {value_words(objective, best.value)}, "
        f"{one.way} {_value(objective, one, value)}"
    )


def _why(ranking: Ranking, one: Baseline) -> str:
    spent = round_of(ranking.choices[0].configuration, ranking.serving)
    if "round_s" not in ranking.objective.moves(ranking.serving) or one.token_s is None:
        return f"a round of it yields {spent.tokens:.2f} tokens"
    without = f"{_ms(spent.tokens * one.token_s)}{' or less' if one.or_better else ''}"
    parts = f"drafting {_ms(spent.drafting_s)}, verification {_ms(spent.verify_s)}"
    takes = f"a round takes {_ms(spent.total_s)} ({parts})"
    return f"{takes} and yields {spent.tokens:.2f} tokens, which otherwise take {without}"


def baseline_lines(ranking: Ranking, found: Sequence[Baseline]) -> Iterator[str]:
    """A line for each way."""
    for one in found:
        yield f"{one.way}: {_line(ranking, one)}"


def _line(ranking: Ranking, one: Baseline) -> str:
    if one.value is None:
        return f"no value: {one.reason}"
    value = _value(ranking.objective, one, one.value.value)
    if one.value.low < one.value.high:
        value = f"{value} ({figure(one.value.low)} to {figure(one.value.high)})"
    return "; ".join((f"{value}, {_what(ranking, one)}", *_compared(one)))


def _value(objective: Objective, one: Baseline, value: float) -> str:
    or_better = {"higher": " or more", "lower": " or less"}[objective.better] if one.or_better else ""
    return f"{value_words(objective, value)}{or_better}"


def _what(ranking: Ranking, one: Baseline) -> str:
    token = "" if one.token_s is None else f"{_ms(one.token_s)}{' or less' if one.or_better else ''}"
    match one.way:
        case "no speculation":
            return f"a token a round trip of {token}"
        case "cloud only":
            return f"the target alone{f', a token in {token} ({one.provenance})' if token else ''}"
        case "device only":
            drafter = ranking.choices[0].configuration.cell.drafter_words
            return f"{drafter} alone, with the quality of that model"


def _compared(one: Baseline) -> Iterator[str]:
    if one.times_better is None or one.way == "device only":
        return
    better = one.times_better >= 1
    times = one.times_better if better else 1 / one.times_better
    bound = "" if not one.or_better else " or less" if better else " or more"
    doubt = "" if one.shown else ", which is not beyond doubt"
    yield f"the best is {times:.2f} times {'better' if better else 'worse'}{bound}{doubt}"
    known = [point for point in one.break_even if point.value is not None]
    never = [point for point in one.break_even if point.pays == "never"]
    if known:
        begin = "it stays better with" if better else "as good with"
        each = ", each alone" if len(known) > 1 else ""
        yield f"{begin} {', '.join(map(_point, known))}{each}"
    if never:
        yield f"no {' and no '.join(NAMES[point.figure] for point in never)} does it alone"


def _point(one: BreakEvenPoint) -> str:
    value = one.value or 0.0
    or_more = "or more" if one.pays == "at least" else "or less"
    match one.figure:
        case "acceptance":
            return f"an acceptance of {value:.1%} {or_more}"
        case "drafting_tokens_per_s":
            return f"{figure(value)} drafted tokens/s {or_more}"
        case "verify_s":
            return f"a verification of {figure(value)} s {or_more}"
        case "link_s":
            return f"a link of {_ms(value)} {or_more} a round"


def _ms(seconds: float) -> str:
    return f"{figure(1000 * seconds)} ms"
