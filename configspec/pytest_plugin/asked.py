"""What the person asked for: the values of the plugin's options, command line and ini file together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from configspec.printable import printable
from configspec.pytest_plugin.baseline_asked import BaselineAsked, read_baseline_options
from configspec.pytest_plugin.options import AMOUNTS, LAST, SILENCE, ini_value, inventory_path, wrong_value
from configspec.pytest_plugin.refine_asked import RefineAsked, read_refine_options
from configspec.pytest_plugin.times import time_s

MOST_WAIT_S = 7 * 24 * 3600.0  # for a device; what waits longer has been forgotten
MOST_PROMPTS = 100_000  # as many as a set may have
_SHOWN = 60  # letters of a value in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person asked for, ini and command line together."""

    devices: tuple[str, ...]
    families: tuple[str, ...]
    drafts: tuple[str, ...]
    quants: tuple[str, ...]
    settings: tuple[str, ...] = ()  # as test ids write them: `threads:2`
    k: str | None
    inventory: Path
    separate_k: bool
    end_to_end: str  # one of AMOUNTS
    device_wait_s: float = 0.0
    journals: Path  # the folder
    journal: Path | None = None  # the file, where one is named
    resume: str | None = None  # a file, or LAST
    anonymous: bool = False
    plan: bool = False
    acceptance_check: int = 2  # prompts of each draft
    allow_throttled: bool = False
    worker_silence_s: float = 30.0
    baseline: BaselineAsked | None = None  # what to compare with
    refine: RefineAsked | None = None  # what to measure again behind the sweep
    report: Path | None = None  # the page to write


def read_options(config: pytest.Config) -> Asked:
    """The values of one pytest run."""
    journal, resume = config.getoption("configspec_journal"), config.getoption("configspec_resume")
    devices = _names(config, "configspec_device")
    return Asked(
        devices=devices,
        families=_names(config, "configspec_family"),
        drafts=_names(config, "configspec_draft"),
        quants=_names(config, "configspec_quant"),
        settings=tuple(one.replace("=", ":", 1) for one in _names(config, "configspec_setting")),
        k=_text(config, "configspec_k") or None,
        inventory=inventory_path(config),
        separate_k=_flag(config, "configspec_separate_k"),
        end_to_end=_amount(config),
        device_wait_s=_device_wait_s(config),
        journals=Path(config.rootpath, ini_value(config, "configspec_journal") or ".configspec/journal"),
        journal=Path(config.invocation_params.dir, journal) if journal else None,
        acceptance_check=_acceptance_check(config),
        allow_throttled=_flag(config, "configspec_allow_throttled"),
        worker_silence_s=_worker_silence_s(config),
        resume=resume if resume in (None, LAST) else str(Path(config.invocation_params.dir, resume)),
        anonymous=_flag(config, "configspec_anonymous"),
        plan=bool(config.getoption("configspec_plan")),
        baseline=read_baseline_options(config, measures=bool(devices)),
        refine=read_refine_options(config, measures=bool(devices)),
        report=_report(config),
    )


def _report(config: pytest.Config) -> Path | None:
    typed, fixed = config.getoption("configspec_report"), ini_value(config, "configspec_report")
    if typed is not None:
        return Path(config.invocation_params.dir, typed)
    return None if fixed is None else Path(config.rootpath, str(fixed))


def _text(config: pytest.Config, key: str, default: str = "") -> str:
    for value in (config.getoption(key), ini_value(config, key)):
        if value is not None:
            return str(value)
    return default


def _flag(config: pytest.Config, key: str) -> bool:
    return bool(config.getoption(key) or ini_value(config, key))


def _amount(config: pytest.Config) -> str:
    """How much is decoded end to end; the ini file's word is checked here, the command line's by argparse."""
    asked = _text(config, "configspec_end_to_end", "sample")
    if asked not in AMOUNTS:
        raise wrong_value(config, f"configspec_end_to_end is {asked!r}. It takes one of: {', '.join(AMOUNTS)}.")
    return asked


def _device_wait_s(config: pytest.Config) -> float:
    key = "configspec_device_wait"
    written = _text(config, key, "0")
    asked_s = time_s(written)
    if asked_s is None or asked_s > MOST_WAIT_S:
        is_, most = _found(config, key, written), f"{MOST_WAIT_S / 3600:g}h"
        raise wrong_value(config, f"{is_}. It takes seconds, or a time such as 90s, 10m or 1h. The longest is {most}.")
    return asked_s


def _worker_silence_s(config: pytest.Config) -> float:
    given = ini_value(config, SILENCE)
    asked_s = time_s("30s" if given is None else str(given))
    if asked_s is None or not 1 <= asked_s <= 24 * 3600:
        raise wrong_value(config, f"{_found(config, SILENCE, given)}. It takes a time from 1s to 24h, such as 30s.")
    return asked_s


def _acceptance_check(config: pytest.Config) -> int:
    key = "configspec_acceptance_check"
    asked = _text(config, key, "2").strip()
    if re.fullmatch(r"[0-9]{1,9}", asked) is None or int(asked) > MOST_PROMPTS:
        is_ = _found(config, key, asked)
        raise wrong_value(config, f"{is_}. It takes a number of prompts, 0 for none, {MOST_PROMPTS:,} at most.")
    return int(asked)


def _found(config: pytest.Config, key: str, value: object) -> str:
    """The beginning of a message: where a value stands, and what it is."""
    typed = key != SILENCE and config.getoption(key) is not None
    where = f"--{key.removeprefix('configspec_').replace('_', '-')}" if typed else key
    return f"{where} is {printable(repr(value), at_most=_SHOWN)}"


def _names(config: pytest.Config, key: str) -> tuple[str, ...]:
    values = config.getoption(key) or ini_value(config, key) or ()
    return tuple(part.strip() for value in values for part in str(value).split(",") if part.strip())
