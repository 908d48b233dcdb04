"""What the person asked for of a comparison with a baseline: the values of its options, as they were written.

Only what costs nothing is checked here, since every worker reads them too. What is in the files is checked by the
process that compares (`baseline.py`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from configspec.printable import printable
from configspec.pytest_plugin.options import ini_value, wrong_value

NONE = "none"
AGAIN = 2  # more runs of what is suspect: the rule for nights is made for exactly these
OPTIONS_OF_IT = ("fail_on", "also_fail", "remeasure", "accepted", "floors", "aliases")
_SHOWN = 60  # letters of a value in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineAsked:
    """What to compare with, and how.

    `source` names runs as the commands of configspec do; a path is absolute. `here` is the folder whose repository a
    tag is looked up in. `words` are the options that make the same comparison of files.
    """

    source: str
    here: Path
    storage: str | None
    fail_on: str | None
    also_fail: str | None
    remeasure: int
    accepted: Path | None
    floors: Path | None
    aliases: Path | None

    @property
    def words(self) -> tuple[str, ...]:
        """As `configspec check` takes them."""
        texts = {"--fail-on": self.fail_on, "--also-fail": self.also_fail}
        files = {"--accepted": self.accepted, "--floors": self.floors, "--aliases": self.aliases}
        given = {**texts, **files, "--benchmark-storage": self.storage}
        return (
            "--against",
            self.source,
            *(word for name, value in given.items() if value is not None for word in (name, str(value))),
        )


def read_baseline_options(config: pytest.Config, *, measures: bool) -> BaselineAsked | None:
    """The values of one pytest run; None where nothing is compared. `measures`: whether a device is asked for.

    Raises:
        pytest.UsageError: A value cannot be taken, or would do nothing.
    """
    source, typed = _value(config, "baseline")
    if source is None or source == NONE:
        _refuse_alone(config, "--baseline")
        return None
    if not measures:
        if typed:
            raise wrong_value(config, "--baseline compares what is measured: name the devices with --device.")
        return None
    return BaselineAsked(
        source=_source(config, source, typed=typed),
        here=config.invocation_params.dir if typed else config.rootpath,
        storage=_storage(config),
        fail_on=_value(config, "fail_on")[0],
        also_fail=_value(config, "also_fail")[0],
        remeasure=_remeasure(config),
        accepted=_file(config, "accepted"),
        floors=_file(config, "floors"),
        aliases=_file(config, "aliases"),
    )


def _value(config: pytest.Config, name: str) -> tuple[str | None, bool]:
    """A value, and whether it was typed; else it stands in the ini file."""
    key = f"configspec_{name}"
    typed = config.getoption(key)
    found = ini_value(config, key) if typed is None else typed
    return (None if found is None else str(found).strip()), typed is not None


def _refuse_alone(config: pytest.Config, needed: str) -> None:
    for name in OPTIONS_OF_IT:
        if config.getoption(f"configspec_{name}") is not None:
            option = f"--{name.replace('_', '-')}"
            raise wrong_value(config, f"{option} is about a comparison: name what to compare with, with {needed}.")


def _source(config: pytest.Config, source: str, *, typed: bool) -> str:
    path = _from(config, source, typed=typed)
    return str(path) if os.path.lexists(path) else source


def _file(config: pytest.Config, name: str) -> Path | None:
    value, typed = _value(config, name)
    return None if value is None else _from(config, value, typed=typed)


def _from(config: pytest.Config, value: str, *, typed: bool) -> Path:
    return Path(config.invocation_params.dir if typed else config.rootpath, value)


def _storage(config: pytest.Config) -> str | None:
    """Where pytest-benchmark saves, if somebody says so."""
    found: str | None = getattr(config.option, "benchmark_storage", None)
    return None if found in (None, "file://./.benchmarks") else found


def _remeasure(config: pytest.Config) -> int:
    value, typed = _value(config, "remeasure")
    if value is None or value == "0":
        return 0
    if value != str(AGAIN):
        where = "--remeasure" if typed else "configspec_remeasure"
        raise wrong_value(
            config,
            f"{where} is {printable(repr(value), at_most=_SHOWN)}. It takes 0 or {AGAIN}: what is suspect is measured "
            f"exactly {AGAIN} more times, for to measure until it passes would prove nothing.",
        )
    return AGAIN
