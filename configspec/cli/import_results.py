"""A results file of a profile, as a pytest run over a replayed device would write it, for `configspec rank`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from configspec import __version__
from configspec.cli.output import complain, say
from configspec.errors import UsageError
from configspec.profiling.recorded_cell import recorded_row
from configspec.records.codec import to_record
from configspec.records.profile_file import ProfileFile, read_profile
from configspec.records.results_file import write_results
from configspec.records.row import KEY, Environment, Row
from configspec.theory.serving.assumptions import Serving


def write_rows(profile_path: Path, out: Path) -> None:
    """Write a row for each configuration of the profile.

    Raises:
        UsageError: It has none, or the file cannot be written.
    """
    profile = read_profile(profile_path)
    count = sum(map(len, profile.devices.values()))
    if not count:
        raise UsageError(f"{out}: not written: no cell of {profile_path} has both acceptance and a drafting speed yet.")
    assumed = sorted({one.family for each in profile.devices.values() for one in each} - set(profile.serving))
    for family in assumed:
        assumption = f"{_words(Serving())} is assumed, until rank is told otherwise"
        complain(f"{profile_path}: {family} says nothing of serving: {assumption}")
    try:
        write_results(out, _head(), lambda: _entries(profile))
    except OSError as problem:
        raise UsageError(f"{out}: cannot be written: {problem.strerror}.") from problem
    say(f"{count} rows in {out}")


def _words(serving: Serving) -> str:
    return f"{serving.verify_s:g} s a round at {serving.usd_per_million_tokens:g} USD per million tokens"


def _head() -> Mapping[str, object]:
    return {
        "machine_info": {},
        "commit_info": {},
        "datetime": datetime.now(UTC).isoformat(),
        "version": f"configspec {__version__}",
    }


def _entries(profile: ProfileFile) -> Iterator[Mapping[str, object]]:
    environment = Environment(source=profile.source, profile=profile.path.name)
    for device in profile.devices:
        for one in profile.configurations(device, as_name=device):
            yield _entry(recorded_row(one, profile.serving.get(one.family, Serving()), environment))


def _entry(row: Row) -> Mapping[str, object]:
    """The row as pytest-benchmark's file has one: its only time is that of a round."""
    name, seconds = f"import[{row.id.id}]", row.drafting.round_s.value
    return {
        "group": None,
        "name": name,
        "fullname": f"configspec::{name}",
        "params": {"configuration": row.id.as_json()},
        "param": row.id.id,
        "extra_info": {KEY: to_record(row)},
        "options": {},
        "stats": {"min": seconds, "max": seconds, "mean": seconds, "median": seconds, "rounds": 1, "data": [seconds]},
    }
