"""The plugin's options: each on the command line and, where a testbed would fix it, in the ini file.

The command line wins over the ini file, and both over `devices.yaml`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

AMOUNTS = ("none", "sample", "all")
LAST = "last"  # the newest journal
INVENTORY = "devices.yaml"
SILENCE = "configspec_worker_silence"  # of the ini file only


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: `--configspec-NAME`, `--NAME` where nobody else has that, and `configspec_NAME` in the ini file."""

    name: str
    help: str
    attributes: Mapping[str, object]  # argparse's
    ini: str | None = None  # what it means in the ini file, where it is read from there
    ini_type: Literal["string", "args", "bool"] = "string"

    @property
    def full(self) -> str:
        """The name that nobody else takes."""
        return f"--configspec-{self.name}"

    @property
    def short(self) -> str:
        """The name that people type."""
        return f"--{self.name}"

    @property
    def key(self) -> str:
        """Its name in the ini file, and in pytest's values of the command line."""
        return f"configspec_{self.name.replace('-', '_')}"


def _list(name: str, text: str) -> Option:
    """Repeatable, and a list separated by commas."""
    return Option(name=name, help=text, attributes={"action": "append", "metavar": "NAME"}, ini=text, ini_type="args")


OPTIONS = (
    _list("device", "a device of devices.yaml to measure: a name, a tag or a glob; repeatable"),
    _list("family", "only these families: names or globs; repeatable"),
    _list("draft", "only these draft models: names or globs; repeatable"),
    _list("quant", "only these quantisations: names or globs; repeatable"),
    _list("setting", "of settings that devices.yaml lists, only these values: NAME=VALUE or globs; repeatable"),
    Option(
        name="k",
        help="tokens drafted per round, such as 1..10, 4 or 1,2,4",
        attributes={"metavar": "RANGE"},
        ini="tokens drafted per round, such as 1..10",
    ),
    Option(
        name="inventory",
        help=f"the testbed's file (default: {INVENTORY})",
        attributes={"metavar": "FILE"},
        ini=f"the testbed's file, from the root folder (default: {INVENTORY})",
    ),
    Option(
        name="separate-k",
        help="time each K on its own, instead of as the beginning of rounds of the largest K",
        attributes={"action": "store_true"},
        ini="time each K on its own",
        ini_type="bool",
    ),
    Option(
        name="end-to-end",
        help="how many configurations are also decoded for real, to test the prediction (default: sample)",
        attributes={"choices": AMOUNTS},
        ini=f"configurations decoded for real: {', '.join(AMOUNTS)} (default: sample)",
    ),
    Option(
        name="device-wait",
        help="how long to wait for a device that another run holds: seconds, or a time such as 10m or 1h (default: 0)",
        attributes={"metavar": "TIME"},
        ini="how long to wait for a device that another run holds (default: 0)",
    ),
    Option(
        name="acceptance-check",
        help="prompts of each draft whose scores the device repeats, to compare with this host's; 0: none (default: 2)",
        attributes={"metavar": "N"},
        ini="prompts whose scores each device repeats; 0: none (default: 2)",
    ),
    Option(
        name="allow-throttled",
        help="also rank what was measured while the device throttled, or changed its power mode or clocks",
        attributes={"action": "store_true"},
        ini="also rank what was measured while the device throttled",
        ini_type="bool",
    ),
    Option(
        name="journal",
        help="the journal, one line per finished row (default: a new file in the folder configspec_journal)",
        attributes={"metavar": "FILE"},
        ini="folder of the journals, from the root folder (default: .configspec/journal)",
    ),
    Option(
        name="resume",
        help="measure only what this journal or results file lacks; 'last': the newest journal of the folder",
        attributes={"metavar": "FILE"},
    ),
    Option(
        name="plan",
        help="say what the run would do, find cached, take and cost; touch no device, and write nothing",
        attributes={"action": "store_true"},
    ),
    Option(
        name="baseline",
        help="compare with this run, and fail if something is worse: a results file, a journal, a stored run (0007, "
        "latest), TAG:FILE, or a folder of runs; none: no comparison",
        attributes={"metavar": "RUN"},
        ini="the run to compare with: a file (from the root folder), a stored run, TAG:FILE, or a folder",
    ),
    Option(
        name="fail-on",
        help="losses that matter (default: 3%% of each metric), such as goodput:5%%,energy:10%%,acceptance:exact",
        attributes={"metavar": "FLOORS"},
        ini="losses that matter, such as goodput:5%,energy:10%,acceptance:exact",
    ),
    Option(
        name="also-fail",
        help="states that fail besides REGRESSED: MISSING, UNSTABLE, INCOMPARABLE, NO_BASELINE, NONDETERMINISTIC, or "
        "none (default: MISSING)",
        attributes={"metavar": "STATES"},
        ini="states that fail besides REGRESSED (default: MISSING)",
    ),
    Option(
        name="remeasure",
        help="how often a suspect cell is measured again: 0 or 2 (default: 0; nightly: 2)",
        attributes={"metavar": "N"},
        ini="how often a suspect cell is measured again: 0 or 2 (default: 0)",
    ),
    Option(
        name="accepted",
        help="changes against the baseline that somebody looked at and accepted (TOML)",
        attributes={"metavar": "FILE"},
        ini="accepted changes (TOML), from the root folder",
    ),
    Option(
        name="floors",
        help="floors that 'configspec calibrate --write' made",
        attributes={"metavar": "FILE"},
        ini="floors that 'configspec calibrate --write' made, from the root folder",
    ),
    Option(
        name="aliases",
        help="devices and cells renamed since the baseline was measured (TOML)",
        attributes={"metavar": "FILE"},
        ini="renamed devices and cells (TOML), from the root folder",
    ),
    Option(
        name="refine",
        help="behind the sweep, time again what cannot be told from the best by this objective, until it can be or the "
        "budget is spent; none: nothing",
        attributes={"metavar": "OBJECTIVE"},
        ini="the objective by which more is measured, behind the sweep, of what cannot be told from the best",
    ),
    Option(
        name="refine-budget",
        help="for how long more of each device may be measured: seconds, or a time such as 10m or 2h (default: 30m)",
        attributes={"metavar": "TIME"},
        ini="for how long more of each device may be measured by --refine (default: 30m)",
    ),
    Option(
        name="report",
        help="write an HTML report at the end: what to run, what changed, pictures and their data",
        attributes={"metavar": "FILE"},
        ini="the HTML report to write at the end of a run, a path from the root folder",
    ),
    Option(
        name="anonymous",
        help="leave host names, user names, home folders, ssh destinations and servers out of results and journal",
        attributes={"action": "store_true"},
        ini="leave names of hosts and users out",
        ini_type="bool",
    ),
)


def add_options(parser: pytest.Parser) -> None:
    """Declare every option by its full name, and every ini value; what is not given is None, or False for a flag."""
    group = _group(parser)
    for one in OPTIONS:
        group.addoption(one.full, dest=one.key, help=f"{one.help} (short: {one.short})", **one.attributes)
        if one.ini is not None:
            parser.addini(one.key, one.ini, type=one.ini_type, default=None)
    parser.addini(SILENCE, "how long a worker of pytest-xdist may give no sign of life (default: 30s)", default=None)


def add_short_names(parser: pytest.Parser, ours: Collection[str]) -> None:
    """Declare these short names too."""
    group = _group(parser)
    for one in OPTIONS:
        if one.short in ours:
            group.addoption(one.short, dest=one.key, help=f"short for {one.full}", **one.attributes)


def _group(parser: pytest.Parser) -> pytest.OptionGroup:
    return parser.getgroup("configspec", "configspec: speculative decoding on real devices")


def is_testbed(config: pytest.Config) -> bool:
    """Whether this pytest run has anything to do with configspec: devices.yaml, or an option, or an ini value."""
    return any(_given(config, one) for one in OPTIONS) or os.path.isfile(inventory_path(config))


def _given(config: pytest.Config, option: Option) -> bool:
    in_file = option.ini is not None and ini_value(config, option.key) is not None
    return in_file or config.getoption(option.key) not in (None, False)


def ini_value(config: pytest.Config, key: str) -> Any:
    """A value of the ini file; None where it is not set.

    Raises:
        pytest.UsageError: It is of another type than the option's.
    """
    try:
        return config.getini(key)
    except (pytest.UsageError, TypeError, ValueError) as problem:
        raise wrong_value(config, f"{key} in the pytest configuration: {problem}") from problem


def inventory_path(config: pytest.Config) -> Path:
    """The testbed's file, whether it is there or not."""
    given = config.getoption("configspec_inventory")
    if given:
        return Path(config.invocation_params.dir, given)
    return Path(config.rootpath, ini_value(config, "configspec_inventory") or INVENTORY)


def wrong_value(config: pytest.Config, text: str) -> pytest.UsageError:
    """What is raised for a value that an option does not take."""
    from configspec.pytest_plugin.shown import usage_error

    return usage_error(text, config)
