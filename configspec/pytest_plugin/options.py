"""The plugin's options: each on the command line and, where a testbed would fix it, in the ini file.

The command line wins over the ini file, and both over `devices.yaml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from configspec.pytest_plugin.shown import usage_error

# option, ini name, help. All are repeatable, and take lists separated by commas.
LISTS = (
    ("--device", "configspec_device", "a device of devices.yaml to measure: a name, a tag or a glob; repeatable"),
    ("--family", "configspec_family", "only these families: names or globs; repeatable"),
    ("--draft", "configspec_draft", "only these draft models: names or globs; repeatable"),
    ("--quant", "configspec_quant", "only these quantisations: names or globs; repeatable"),
)
AMOUNTS = ("none", "sample", "all")
LAST = "last"  # the newest journal


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and ini value."""
    group = parser.getgroup("configspec", "configspec: speculative decoding on real devices")
    for flag, ini, text in LISTS:
        group.addoption(flag, action="append", dest=ini, metavar="NAME", help=text)
        parser.addini(ini, text, type="args", default=[])
    group.addoption(
        "--k", dest="configspec_k", metavar="RANGE", help="tokens drafted per round, such as 1..10, 4 or 1,2,4"
    )
    parser.addini("configspec_k", "tokens drafted per round, such as 1..10", default="")
    group.addoption(
        "--inventory", dest="configspec_inventory", metavar="FILE", help="the testbed's file (default: devices.yaml)"
    )
    parser.addini("configspec_inventory", "the testbed's file, from the root folder", default="devices.yaml")
    group.addoption(
        "--separate-k",
        action="store_true",
        dest="configspec_separate_k",
        help="time each K on its own, instead of as the beginning of rounds of the largest K",
    )
    parser.addini("configspec_separate_k", "time each K on its own", type="bool", default=False)
    group.addoption(
        "--end-to-end",
        choices=AMOUNTS,
        dest="configspec_end_to_end",
        help="how many configurations are also decoded for real, to test the prediction (default: sample)",
    )
    parser.addini("configspec_end_to_end", f"configurations decoded for real: {', '.join(AMOUNTS)}", default="sample")
    group.addoption(
        "--device-wait",
        dest="configspec_device_wait",
        metavar="TIME",
        help="how long to wait for a device that another run holds: seconds, or a time such as 10m or 1h (default: 0)",
    )
    parser.addini("configspec_device_wait", "how long to wait for a device that another run holds", default="0")
    group.addoption(
        "--acceptance-check",
        dest="configspec_acceptance_check",
        metavar="N",
        help="prompts of each draft whose scores the device repeats, to compare with this host's; 0: none (default: 2)",
    )
    parser.addini("configspec_acceptance_check", "prompts whose scores each device repeats; 0: none", default="2")
    group.addoption(
        "--journal",
        dest="configspec_journal",
        metavar="FILE",
        help="the journal, one line per finished row (default: a new file in the folder configspec_journal)",
    )
    parser.addini("configspec_journal", "folder of the journals, from the root folder", default=".configspec/journal")
    group.addoption(
        "--resume",
        dest="configspec_resume",
        metavar="FILE",
        help="measure only what this journal or results file lacks; 'last': the newest journal of the folder",
    )
    group.addoption(
        "--anonymous",
        action="store_true",
        dest="configspec_anonymous",
        help="leave host names, user names, home folders, ssh destinations and servers out of results and journal",
    )
    parser.addini("configspec_anonymous", "leave names of hosts and users out", type="bool", default=False)


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


def read_options(config: pytest.Config) -> Asked:
    """The values of one pytest run."""
    inventory, journal = config.getoption("configspec_inventory"), config.getoption("configspec_journal")
    resume = config.getoption("configspec_resume")
    return Asked(
        devices=_names(config, "configspec_device"),
        families=_names(config, "configspec_family"),
        drafts=_names(config, "configspec_draft"),
        quants=_names(config, "configspec_quant"),
        k=config.getoption("configspec_k") or config.getini("configspec_k") or None,
        inventory=Path(config.invocation_params.dir, inventory)
        if inventory
        else Path(config.rootpath, config.getini("configspec_inventory")),
        separate_k=bool(config.getoption("configspec_separate_k") or config.getini("configspec_separate_k")),
        end_to_end=_amount(config),
        device_wait_s=_device_wait_s(config),
        journals=Path(config.rootpath, config.getini("configspec_journal")),
        journal=Path(config.invocation_params.dir, journal) if journal else None,
        acceptance_check=_acceptance_check(config),
        resume=resume if resume in (None, LAST) else str(Path(config.invocation_params.dir, resume)),
        anonymous=bool(config.getoption("configspec_anonymous") or config.getini("configspec_anonymous")),
    )


def _amount(config: pytest.Config) -> str:
    """How much is decoded end to end; the ini file's word is checked here, the command line's by argparse."""
    asked: str = config.getoption("configspec_end_to_end") or config.getini("configspec_end_to_end")
    if asked not in AMOUNTS:
        raise usage_error(f"configspec_end_to_end is {asked!r}. It takes one of: {', '.join(AMOUNTS)}.")
    return asked


def _device_wait_s(config: pytest.Config) -> float:
    written: str = config.getoption("configspec_device_wait") or config.getini("configspec_device_wait")
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]+)?)([smh]?)", written.strip())
    if match is None:
        raise usage_error(f"--device-wait is {written!r}. It takes seconds, or a time such as 90s, 10m or 1h.")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def _acceptance_check(config: pytest.Config) -> int:
    name = "configspec_acceptance_check"
    given = config.getoption(name)
    asked = str(config.getini(name) if given is None else given).strip()
    if not (asked.isascii() and asked.isdecimal()):
        where = name if given is None else "--acceptance-check"
        raise usage_error(f"{where} is {asked!r}. It takes a number of prompts, 0 for none.")
    return int(asked)


def _names(config: pytest.Config, name: str) -> tuple[str, ...]:
    values: Any = config.getoption(name) or config.getini(name)
    return tuple(part.strip() for value in values for part in str(value).split(",") if part.strip())
