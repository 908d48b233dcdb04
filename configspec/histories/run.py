"""One run as histories know it: what was measured of each series, with what it was measured, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from configspec.regression.acceptance import Counted
from configspec.regression.series import Measured, SeriesKey
from configspec.theory.figures import Estimate
from configspec.theory.ids import ConfigurationId
from configspec.theory.plausibility.rule import Finding

Choices: TypeAlias = bool | Literal["ties"]  # of a run: whether to make them; `ties`: without intervals, much faster


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a run ranked first by one objective for a device and family.

    `tied`: all that cannot be told from the best, the best among them. `values` has the value of each that was ranked,
    with an interval of confidence 0 where nobody asked for one.
    """

    device: str
    family: str
    objective: str
    best: ConfigurationId
    tied: tuple[ConfigurationId, ...]
    values: Mapping[ConfigurationId, Estimate]
    better: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run.

    Attributes:
        source: How it was named: a path, a storage name, `TAG:path`.
        sha256: Of the content that it was read from: two names of one file are one run.
        at_s: When it began, seconds since 1970 (UTC); of runs without a date, None.
        night: Runs that were made together have the same.
        commit, branch, release: Of the project that was measured with, where git says.
        configspec: The version that measured.
        measured: The value of each series.
        counted: The acceptance counts of each configuration, for exact comparison.
        chosen: Of each device, family and objective.
        left_out: Rows that could not be read, with the reason.
        figures_sha256: Of what was measured and when: two files of one run, such as its journal and its results, have
            the same. Empty where nobody says.
        findings: What of the figures is hardly plausible; looked for where choices are, in rows alone.
    """

    source: str
    sha256: str
    at_s: float | None
    night: str
    measured: Mapping[SeriesKey, Measured]
    counted: Mapping[ConfigurationId, Counted]
    chosen: tuple[Chosen, ...]
    commit: str | None = None
    branch: str | None = None
    release: str | None = None
    configspec: str | None = None
    left_out: tuple[str, ...] = ()
    figures_sha256: str = ""
    findings: tuple[Finding, ...] = ()
