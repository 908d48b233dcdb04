"""The gate from files: runs of one night against earlier ones, a verdict for each declared series and each choice.

What fails: (a) a choice that is shown worse than the best by more than is allowed; (b) a metric that is shown worse
than its floor; (c) counts of acceptance that changed where decoding is greedy; (d) MISSING, and what else the user
chose. Nothing compared fails too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from configspec.count_words import count_words
from configspec.errors import UsageError
from configspec.histories.baseline import Sides, sides
from configspec.histories.check_series import Asked, declared, series_of
from configspec.histories.floors import Floors
from configspec.histories.judge_acceptance import AcceptanceRules, Counts, judge_acceptance
from configspec.histories.judge_choice import EarlierChoice, choice_key, earlier_choices, judge_choice
from configspec.histories.judge_metric import RUNS_OF_A_NIGHT, MetricRules, judge_metric
from configspec.histories.judge_since import accepted_since_s
from configspec.histories.run import Run
from configspec.regression.accepted import AcceptedChange, without_effect
from configspec.regression.metrics import ACCEPTANCE
from configspec.regression.series import Measured, SeriesKey
from configspec.regression.states import Outcome, State, Verdict, outcome

FAIL: tuple[State, ...] = ("MISSING",)  # beside REGRESSED, unless the user says otherwise
TONIGHT = "the new runs"  # as the name of their night: no earlier one has it


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """How two sides are compared.

    Attributes:
        floors: The losses that matter.
        changes: What somebody looked at and accepted.
        names: The name that each old one has by now.
        varies: Patterns of fields of a setup in which the sides may differ.
        also: States that fail beside REGRESSED.
        asked: Series beside those of the choices.
        choices: Whether the base's choices are judged too.
    """

    floors: Floors = field(default_factory=Floors)
    changes: tuple[AcceptedChange, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    varies: tuple[str, ...] = ()
    also: tuple[State, ...] = FAIL
    asked: Asked = field(default_factory=Asked)
    choices: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A comparison with what has to be told beside its verdicts.

    `new` and `base` are how the runs were named; `medians` are those of both sides, the base's first, of the series
    that a release compares.
    """

    outcome: Outcome
    notes: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    medians: Mapping[SeriesKey, tuple[float, float]] = field(default_factory=dict)


def check(new: Sequence[Run], base: Sequence[Run], request: CheckRequest) -> Outcome:
    """Judge the new runs, which are of one night, against the earlier ones. `checked` also has notes.

    Raises:
        UsageError: They cannot be compared at all: no row, no common configuration, a base that is newer.
    """
    return checked(new, base, request).outcome


def checked(new: Sequence[Run], base: Sequence[Run], request: CheckRequest) -> Checked:
    """As `check`, with notes: what was left out, floors below the noise, accepted changes without effect."""
    found = sides(new, base, names=request.names, varies=request.varies, in_time=True)
    if len(found.new) > RUNS_OF_A_NIGHT:
        raise UsageError(
            f"{len(found.new)} new runs; a night has 1, and exactly {RUNS_OF_A_NIGHT - 1} more of what is suspect. "
            "Measuring again until it is green would prove nothing"
        )
    choices = earlier_choices(found, request.changes) if request.choices else ()
    of_choices = dict.fromkeys(one.series.configuration for one in choices)
    series = declared(found, of_choices, request.asked, request.floors)
    together = len(series) + len(choices)
    verdicts = [
        *(judge_choice(one, found, request.floors, together) for one in choices),
        *(one for key in series for one in _judged(key, found, request, together)),
        *_new_choices(found, choices),
    ]
    return Checked(
        outcome=outcome(verdicts, request.also),
        notes=(*found.notes, *_notes(found, series, request, verdicts)),
        new=tuple(run.source for run in found.new),
        base=tuple(run.source for run in found.base),
    )


def counts_of(series: SeriesKey, runs: Sequence[Run]) -> list[Counts]:
    """What each of the runs counted of a configuration; those that have nothing of it left out."""
    found = []
    for run in runs:
        counted, measured = run.counted.get(series.configuration), run.measured.get(series)
        if counted is not None or measured is not None:
            at_s = run.at_s if run.at_s is not None else measured.at_s if measured is not None else 0.0
            found.append(Counts(at_s=at_s, counted=counted, measured=measured))
    return found


def _judged(series: SeriesKey, found: Sides, request: CheckRequest, together: int) -> Iterator[Verdict]:
    """Its verdict; none where it went away and somebody accepted that."""
    if series.metric == ACCEPTANCE:
        yield from _acceptance(series, found, request, together)
        return
    tonight, earlier = found.of_new(series), found.of_base(series)
    if not tonight:
        yield from _missing(series, [one.at_s for one in earlier], found, request)
        return
    rules = MetricRules(
        floor=request.floors.of(series),
        known=request.floors.known(series),
        changes=request.changes,
        together=together,
    )
    after_s = max((one.at_s for one in earlier), default=0.0)
    yield judge_metric([_of_tonight(one, after_s) for one in tonight], earlier, rules)


def _acceptance(series: SeriesKey, found: Sides, request: CheckRequest, together: int) -> Iterator[Verdict]:
    now, earlier = counts_of(series, found.new), counts_of(series, found.base)
    if not now:
        yield from _missing(series, [one.at_s for one in earlier], found, request)
    elif not earlier:
        yield Verdict(series=series, state="NEW", reason="there is no earlier run of it")
    else:
        since_s = accepted_since_s(series, found, request.changes)
        since = [one for one in earlier if one.at_s >= since_s]
        rules = AcceptanceRules(floor=request.floors.given.get(ACCEPTANCE.name), together=together)
        if since:
            yield judge_acceptance(series, now, since, rules)
        else:
            reason = "its history begins at an accepted change, and no earlier run is left"
            yield Verdict(series=series, state="NO_BASELINE", reason=reason)


def _missing(series: SeriesKey, earlier_s: Sequence[float], found: Sides, request: CheckRequest) -> Iterator[Verdict]:
    """MISSING, until an accepted change that is newer than its last run says that it is gone."""
    if earlier_s and accepted_since_s(series, found, request.changes) <= max(earlier_s):
        beside = any(key.configuration == series.configuration for run in found.new for key in run.measured)
        reason = "it was there before" + (
            "; the configuration was measured, and this is 0 or not known" if beside else ""
        )
        yield Verdict(series=series, state="MISSING", reason=reason, base_runs=len(earlier_s))


def _of_tonight(one: Measured, after_s: float) -> Measured:
    """In a night of its own, and after the earlier runs also where a file has no date."""
    return replace(one, night=TONIGHT, at_s=one.at_s if one.at_s > after_s else after_s + 1.0)


def _new_choices(found: Sides, choices: Sequence[EarlierChoice]) -> Iterator[Verdict]:
    """What the new runs chose for, and the base did not: shown, so that nobody takes it for judged."""
    known = {one.group for one in choices}
    for run in found.new[:1]:
        for chosen in run.chosen:
            if (chosen.device, chosen.family, chosen.objective) not in known:
                reason = "the base has no choice for this device, family and objective"
                yield Verdict(series=choice_key(chosen, chosen.best), state="NEW", reason=reason, against="choice")


def _notes(
    found: Sides, series: Sequence[SeriesKey], request: CheckRequest, verdicts: Sequence[Verdict]
) -> Iterator[str]:
    yield from request.floors.warnings(series)
    if request.changes:
        measured = [one for run in (*found.base, *found.new) for one in run.measured.values()]
        for change in without_effect(request.changes, measured):
            yield f"the accepted change of {change.pattern!r} concerns no run: mistyped, or too old?"
    suspect = sum(one.state == "SUSPECT" for one in verdicts)
    if suspect and len(found.new) < RUNS_OF_A_NIGHT:
        told = count_words(suspect, "series", "series")
        yield f"{told} suspect: measure again, exactly twice, and give all {RUNS_OF_A_NIGHT} files"
    nights = len({run.night for run in found.base})
    if nights < 5:
        yield f"{count_words(nights, 'earlier night')}: a single run shows large changes only; 5 make a history"
    others = len(set(series_of(found.new)).difference(series))
    if others and not request.asked.every:
        told = count_words(others, "further series", "further series")
        yield f"{told} measured and not judged: --all, or --series PATTERN, judges them"
