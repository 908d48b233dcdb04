"""What a run says of itself at its end, a line each: what is missing, was retried or resumed, and where it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from configspec.count_words import count_words
from configspec.pytest_plugin.run import MeasuringRun
from configspec.records.row import Row, SampleRefs
from configspec.reporting.terminal import Line

NAMED = 5  # devices
NO_REFINE_TEST = "the test that refines did not run: -k, -m or another option left it out, or the run ended before it"


def lines_of_run(run: MeasuringRun, rows: Sequence[Row]) -> Iterator[Line]:
    """What is missing first; `rows` are all that the run has."""
    yield from _missing(run, rows)
    yield from _retried(rows)
    yield from _resumed(run)
    yield from _refined(run, rows)
    yield from _unkept(run)


def lines_of_files(run: MeasuringRun) -> Iterator[Line]:
    """Where the rows are."""
    for note in [] if run.results is None else run.results.notes:
        yield Line(note, "doubtful")
    where = run.whereabouts
    if where is not None and where.rows:
        yield Line(where.sentence(), "bad" if where.lost else "doubtful" if where.in_journal < where.rows else "plain")


def of_aside(run: MeasuringRun) -> str:
    """What an earlier journal held, and does not hold from now on."""
    assert run.earlier is not None
    left = run.earlier.left_out
    found = [left.counted] if left.count else []
    found += [f"{left.others} without a record of configspec"] if left.others else []
    return f"{run.earlier.path}: {', '.join(found)}. The file as it was is kept: {run.aside}"


def _missing(run: MeasuringRun, rows: Sequence[Row]) -> Iterator[Line]:
    decoded = sum(row.end_to_end is not None for row in rows)
    for asked, done, what in (
        (len(run.plan.configurations), len(run.rows) - decoded, "measured"),
        (len(run.plan.end_to_end), decoded, "decoded end to end"),
    ):
        if done < asked:
            where = _where(run, rows) if what == "measured" else ""
            were = "was" if asked - done == 1 else "were"
            yield Line(f"{asked - done} of {count_words(asked, 'configuration')} {were} not {what}{where}", "doubtful")


def _where(run: MeasuringRun, rows: Sequence[Row]) -> str:
    """The devices that lack most; nothing where there is one."""
    lacking = Counter(one.device for one in run.plan.configurations)
    lacking.subtract(row.device for row in rows if row.end_to_end is None)
    found = [(device, count) for device, count in lacking.most_common() if count > 0]
    if not rows or len(run.devices) == 1 or not found:
        return ""
    more = f" and {count_words(len(found) - NAMED, 'more device')}" if len(found) > NAMED else ""
    return f": {', '.join(f'{count} of {device}' for device, count in found[:NAMED])}{more}"


def _retried(rows: Sequence[Row]) -> Iterator[Line]:
    """Which devices took more than one attempt, and why: a retry that nobody sees hides a bad link."""
    unstable = Counter((row.device, row.first_cause) for row in rows if row.attempts > 1)
    for (device, cause), count in unstable.items():
        yield Line(f"unstable: {count_words(count, 'row')} of {device} took more than one attempt: {cause}", "doubtful")


def _resumed(run: MeasuringRun) -> Iterator[Line]:
    """What --resume took over, and what of it had to be measured again, by what changed."""
    if run.earlier is None:
        return
    resumed = count_words(len(run.resumed), "row")
    yield Line(f"{resumed} resumed from {run.earlier.path}, {len(run.rows) - len(run.resumed)} measured")
    left_out = run.earlier.left_out
    if left_out.count:
        yield Line(f"{left_out.counted}, and measured again where this run asks for it:", "doubtful")
        for line in left_out.lines():
            yield Line(f"  {line}", "doubtful")
    if run.aside is not None:
        yield Line(of_aside(run), "doubtful")
    elsewhere = len(run.earlier.rows.keys() - run.rows.keys())
    if elsewhere and run.journal is not None:
        which = "is of a test that did not run: it is" if elsewhere == 1 else "are of tests that did not run: they are"
        yield Line(f"{count_words(elsewhere, 'row')} of it {which} in {run.journal.path}")
    for what, count in Counter(what for what, _, _ in run.again).most_common():
        then, now = next((then, now) for changed, then, now in run.again if changed == what)
        yield Line(f"{count_words(count, 'row')} no longer held: {what} was {then}, is {now}", "doubtful")
    if run.missing_samples:
        are = "is" if run.missing_samples == 1 else "are"
        files = count_words(run.missing_samples, "side file")
        yield Line(f"{files} of {run.earlier.path} {are} missing: its rows rank all the same", "doubtful")


def _refined(run: MeasuringRun, rows: Sequence[Row]) -> Iterator[Line]:
    """What --refine measured more, and why it ended; or why it measured nothing of a device that has rows."""
    if run.asked.refine is not None:
        from configspec.pytest_plugin.refine_items import not_refined
        from configspec.pytest_plugin.refined_rows import lines_of

        for one in run.refinements:
            for line in lines_of(one, run.asked.refine.budget_s):
                yield Line(line, "doubtful" if one.problems else "plain")
        devices = dict.fromkeys(row.device for row in rows)
        for line in not_refined(run, devices, run.refine_ran, NO_REFINE_TEST):
            yield Line(f"not refined: {line}", "doubtful")


def _unkept(run: MeasuringRun) -> Iterator[Line]:
    """Rows measured now whose samples could not be written, as on a full disk."""
    now = [kept.row for name, kept in run.rows.items() if name not in run.resumed]
    unkept = sum(row.provenance == "measured" and row.samples == SampleRefs() for row in now)
    if unkept:
        are, they_rank = ("is", "it ranks") if unkept == 1 else ("are", "they rank")
        yield Line(
            f"{count_words(unkept, 'row')} {are} without side files, which could not be written into {run.samples}: "
            f"{they_rank} all the same. What needs samples by token and position has to be measured again.",
            "doubtful",
        )
