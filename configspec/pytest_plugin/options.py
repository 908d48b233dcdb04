"""The plugin's options: each on the command line and, where a testbed would fix it, in the ini file.

The command line wins over the ini file, and both over `devices.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from configspec.printable import printable

AMOUNTS = ("none", "sample", "all")
LAST = "last"  # the newest journal
INVENTORY = "devices.yaml"
SILENCE = "configspec_worker_silence"  # of the ini file only
MOST_WAIT_S = 7 * 24 * 3600.0  # for a device; what waits longer has been forgotten
MOST_PROMPTS = 100_000  # as many as a set may have
_SHOWN = 60  # letters of a value in a message


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
    return any(_given(config, one) for one in OPTIONS) or _inventory(config).is_file()


def _given(config: pytest.Config, option: Option) -> bool:
    in_file = option.ini is not None and _ini(config, option.key) is not None
    return in_file or config.getoption(option.key) not in (None, False)


def _ini(config: pytest.Config, key: str) -> Any:
    """A value of the ini file; None where it is not set."""
    try:
        return config.getini(key)
    except (pytest.UsageError, TypeError, ValueError) as problem:
        raise _wrong(config, f"{key} in the pytest configuration: {problem}") from problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person asked for, ini and command line together."""

    devices: tuple[str, ...]
    families: tuple[str, ...]
    drafts: tuple[str, ...]
    quants: tuple[str, ...]
    k: str | None
    inventory: Path
    separate_k: bool
    end_to_end: str  # one of AMOUNTS
    device_wait_s: float = 0.0
    journals: Path  # the folder
    journal: Path | None = None  # the file, where one is named
    resume: str | None = None  # a file, or LAST
    anonymous: bool = False
    acceptance_check: int = 2  # prompts of each draft
    worker_silence_s: float = 30.0


def read_options(config: pytest.Config) -> Asked:
    """The values of one pytest run."""
    journal, resume = config.getoption("configspec_journal"), config.getoption("configspec_resume")
    return Asked(
        devices=_names(config, "configspec_device"),
        families=_names(config, "configspec_family"),
        drafts=_names(config, "configspec_draft"),
        quants=_names(config, "configspec_quant"),
        k=_text(config, "configspec_k") or None,
        inventory=_inventory(config),
        separate_k=_flag(config, "configspec_separate_k"),
        end_to_end=_amount(config),
        device_wait_s=_device_wait_s(config),
        journals=Path(config.rootpath, _ini(config, "configspec_journal") or ".configspec/journal"),
        journal=Path(config.invocation_params.dir, journal) if journal else None,
        acceptance_check=_acceptance_check(config),
        worker_silence_s=_worker_silence_s(config),
        resume=resume if resume in (None, LAST) else str(Path(config.invocation_params.dir, resume)),
        anonymous=_flag(config, "configspec_anonymous"),
    )


def _text(config: pytest.Config, key: str, default: str = "") -> str:
    for value in (config.getoption(key), _ini(config, key)):
        if value is not None:
            return str(value)
    return default


def _flag(config: pytest.Config, key: str) -> bool:
    return bool(config.getoption(key) or _ini(config, key))


def _inventory(config: pytest.Config) -> Path:
    given = config.getoption("configspec_inventory")
    if given:
        return Path(config.invocation_params.dir, given)
    return Path(config.rootpath, _ini(config, "configspec_inventory") or INVENTORY)


def _amount(config: pytest.Config) -> str:
    """How much is decoded end to end; the ini file's word is checked here, the command line's by argparse."""
    asked = _text(config, "configspec_end_to_end", "sample")
    if asked not in AMOUNTS:
        raise _wrong(config, f"configspec_end_to_end is {asked!r}. It takes one of: {', '.join(AMOUNTS)}.")
    return asked


def _device_wait_s(config: pytest.Config) -> float:
    key = "configspec_device_wait"
    written = _text(config, key, "0")
    asked_s = _time_s(written)
    if asked_s is None or asked_s > MOST_WAIT_S:
        is_, most = _found(config, key, written), f"{MOST_WAIT_S / 3600:g}h"
        raise _wrong(config, f"{is_}. It takes seconds, or a time such as 90s, 10m or 1h. The longest is {most}.")
    return asked_s


def _worker_silence_s(config: pytest.Config) -> float:
    given = _ini(config, SILENCE)
    asked_s = _time_s("30s" if given is None else str(given))
    if asked_s is None or not 1 <= asked_s <= 24 * 3600:
        raise _wrong(config, f"{_found(config, SILENCE, given)}. It takes a time from 1s to 24h, such as 30s.")
    return asked_s


def _time_s(written: str) -> float | None:
    """Seconds, or a time such as 90s, 10m or 1h; None where it is neither."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]+)?)([smh]?)", written.strip())
    return None if match is None else float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def _acceptance_check(config: pytest.Config) -> int:
    key = "configspec_acceptance_check"
    asked = _text(config, key, "2").strip()
    if re.fullmatch(r"[0-9]{1,9}", asked) is None or int(asked) > MOST_PROMPTS:
        is_ = _found(config, key, asked)
        raise _wrong(config, f"{is_}. It takes a number of prompts, 0 for none, {MOST_PROMPTS:,} at most.")
    return int(asked)


def _found(config: pytest.Config, key: str, value: object) -> str:
    """The beginning of a message: where a value stands, and what it is."""
    typed = key != SILENCE and config.getoption(key) is not None
    where = f"--{key.removeprefix('configspec_').replace('_', '-')}" if typed else key
    return f"{where} is {printable(repr(value), at_most=_SHOWN)}"


def _names(config: pytest.Config, key: str) -> tuple[str, ...]:
    values = config.getoption(key) or _ini(config, key) or ()
    return tuple(part.strip() for value in values for part in str(value).split(",") if part.strip())


def _wrong(config: pytest.Config, text: str) -> pytest.UsageError:
    from configspec.pytest_plugin.shown import usage_error

    return usage_error(text, config)
