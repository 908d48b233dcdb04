"""What a comparison says: of a test that failed, and at the end of the output."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from configspec.printable import printable_line, printable_lines
from configspec.regression.states import COMPARED, Verdict
from configspec.reporting.change_words import change_words, interval_words
from configspec.reporting.figure_words import figure
from configspec.reporting.terminal import Line, Look

if TYPE_CHECKING:
    from configspec.pytest_plugin.baseline import Baseline
    from configspec.pytest_plugin.baseline_judge import BaselineJudge
    from configspec.pytest_plugin.run import MeasuringRun
    from configspec.regression.series import Measured

NAMED = 20  # verdicts of one state, by name
NOTES = 10


def failure(verdict: Verdict, now: Measured | None, baseline: Baseline) -> str:
    """A few lines: what, then and now, how sure, and what would accept it."""
    lines = [headline(verdict), *_figures(verdict, now, baseline), *_how_to_accept(verdict, baseline)]
    return printable_lines("\n".join(lines))


def headline(verdict: Verdict) -> str:
    """A verdict in one line."""
    metric = verdict.series.metric.name
    what = f"the choice for {metric}" if verdict.against == "choice" else metric
    return printable_line(f"{verdict.state}: {verdict.series.configuration}, {what}: {verdict.reason}")


def _figures(verdict: Verdict, now: Measured | None, baseline: Baseline) -> Iterator[str]:
    then = next(
        (run.measured[verdict.series] for run in reversed(baseline.runs) if verdict.series in run.measured), None
    )
    if then is not None and now is not None:
        yield f"  was {figure(then.value)} {verdict.series.metric.unit}, is {figure(now.value)}".rstrip()
    parts = []
    if verdict.ratio is not None:
        parts.append(f"change {change_words(verdict.ratio)}")
    if verdict.low is not None and verdict.confidence is not None:
        parts.append(f"{interval_words(verdict.low, verdict.high)} with {100 * verdict.confidence:.6g} % confidence")
    if verdict.runs:
        parts.append(f"runs {verdict.runs} : {verdict.base_runs}")
    if verdict.floor is not None:
        parts.append(f"floor {100 * verdict.floor:g} %")
    if parts:
        yield f"  {', '.join(parts)}"


def _how_to_accept(verdict: Verdict, baseline: Baseline) -> Iterator[str]:
    file = baseline.asked.accepted
    where = "a file that --configspec-accepted names" if file is None else printable_line(str(file))
    missing = verdict.state == "MISSING"
    yield f"{'Measure it, or accept that it is gone' if missing else 'If it is meant, accept it'}, in {where}:"
    yield "  [[accepted]]"
    yield f'  series = "{printable_line(verdict.series.id)}"'
    yield f"  since = {datetime.fromtimestamp(int(baseline.at_s), UTC):%Y-%m-%dT%H:%M:%SZ}"
    yield '  reason = "..."'
    yield '  author = "..."'


def comparison_lines(judge: BaselineJudge, run: MeasuringRun) -> Iterator[Line]:
    """The section of the summary: counts, what failed, and the command that says it again."""
    found, baseline = judge.outcome, judge.baseline
    counts = ", ".join(f"{count} {state}" for state, count in found.counts)
    yield Line(f"{found.compared} compared{f': {counts}' if counts else ''}")
    left = len(baseline.declared) - len(judge.verdicts)
    if left:
        yield Line(f"{left} of {len(baseline.declared)} not judged: left out, or their tests did not end", "doubtful")
    if not found.compared:
        yield Line("nothing was compared, and a comparison was asked for: this run has failed", "bad")
    yield from _verdicts(judge)
    for device, why in judge.refused.items():
        yield Line(f"{device}: nothing of it can be compared: {why}", "bad")
    for note in baseline.notes[:NOTES]:
        yield Line(note, "doubtful")
    if found.failed and run.journal is not None:
        yield Line(f"again, without a device: {_command(run, baseline)}")


def _verdicts(judge: BaselineJudge) -> Iterator[Line]:
    """Those that failed, what is suspect, and what could not be compared; each by name."""
    failed = list(judge.outcome.failed)
    others = [one for one in judge.outcome.verdicts if one not in failed and _is_told(one)]
    looks: tuple[tuple[list[Verdict], Look], ...] = ((failed, "bad"), (others, "doubtful"))
    for some, look in looks:
        for one in some[:NAMED]:
            yield Line(headline(one), look)
        if len(some) > NAMED:
            yield Line(f"and {len(some) - NAMED} more", look)


def _is_told(one: Verdict) -> bool:
    return one.state not in COMPARED or one.state in ("SUSPECT", "WORSE_WITHIN_FLOOR", "IMPROVED")


def _command(run: MeasuringRun, baseline: Baseline) -> str:
    assert run.journal is not None
    return _quoted(("configspec", "check", str(run.journal.path), *baseline.asked.words))


def _quoted(words: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, words))
