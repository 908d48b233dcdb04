"""Where greedy decoding first went another way: the position in a prompt's text, from the side files of both runs.

Counts say which prompt is the first. The position is known where the earlier run is a file with its side files beside
it, and this run has kept its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from configspec.errors import ConfigspecError
from configspec.histories.run import Run
from configspec.records.reader import read_each
from configspec.records.row import Row
from configspec.records.samples import AcceptanceSamples, read_samples
from configspec.regression.acceptance import Counted
from configspec.regression.series import first_difference
from configspec.regression.states import Verdict
from configspec.theory.ids import ConfigurationId


def first_position(verdict: Verdict, now: Run, base: Sequence[Run], row: Row | None, samples: Path | None) -> str:
    """What is known of it, as the end of a reason; empty where nothing is.

    Args:
        verdict: Of a configuration's acceptance.
        now: This run.
        base: The earlier runs, oldest first: the first that compares is the one that counts are held against.
        row: This run's row of the configuration.
        samples: The folder of this run's side files.
    """
    it = verdict.series.configuration
    new = now.counted.get(it)
    earlier = next((run for run in base if _compares(run.counted.get(it), new)), None)
    if new is None or earlier is None or row is None or row.samples.acceptance is None or samples is None:
        return ""
    place = _first_prompt(earlier.counted[it], new)
    try:
        before, after = _of_file(Path(earlier.source), it), _read(samples, row.samples.acceptance)
    except ConfigspecError:  # a side file is missing, or damaged: the counts are told all the same
        return ""
    if place is None or before is None or not place < min(len(before.prompts), len(after.prompts)):
        return ""
    old, found = before.prompts[place], after.prompts[place]
    position = _first(old.matches, found.matches)
    return "" if position is None else f"prompt {found.id!r:.60} first differs at token {position + 1} of its text"


def _compares(then: Counted | None, now: Counted | None) -> bool:
    return then is not None and now is not None and first_difference(then.setup, now.setup) is None


def _first_prompt(then: Counted, now: Counted) -> int | None:
    """The place of the first prompt whose counts differ."""
    pairs = zip(then.prompts, now.prompts, strict=False)
    return next((place for place, (old, new) in enumerate(pairs) if old != new), None)


def _of_file(path: Path, configuration: ConfigurationId) -> AcceptanceSamples | None:
    """The side file of an earlier row; None where the run was no file, or its row has none."""
    if not path.is_file():
        return None
    found = read_each(path, lambda row: row.samples.acceptance if row.id == configuration else None)
    sha256 = next((one for one in found if one is not None), None)
    return None if sha256 is None else _read(path, sha256)


def _read(beside: Path, sha256: str) -> AcceptanceSamples:
    return read_samples(beside, sha256, AcceptanceSamples)


def _first(then: Sequence[bool], now: Sequence[bool]) -> int | None:
    """The first place in which they differ, also where one of them ends."""
    if then == now:
        return None
    pairs = enumerate(zip(then, now, strict=False))
    return next((place for place, (old, new) in pairs if old != new), min(len(then), len(now)))
