"""Results as a data frame of pandas or polars: a row a configuration, a column a figure, its unit in the name.

Columns are added at the end of their kind; none is renamed or taken away without notice (docs/api.md). The library is
imported when it is used.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Literal, Protocol

from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.reporting.flag_words import flag_words
from configspec.selection.candidates import Group
from configspec.selection.ranking import Choice
from configspec.theory.figures import Estimate
from configspec.theory.ids import ConfigurationId
from configspec.theory.objectives.objective import Objective
from configspec.theory.profile import Configuration
from configspec.theory.serving.assumptions import Serving

Kind = Literal["text", "whole", "number"]
Value = str | int | float | None
LIBRARIES = ("pandas", "polars")
_POLARS: Mapping[Kind, str] = {"text": "String", "whole": "Int64", "number": "Float64"}
_PANDAS: Mapping[Kind, str] = {"text": "string", "whole": "int64", "number": "float64"}


class Interval(Protocol):
    """A value between two others: an estimate, or a choice of a ranking."""

    @property
    def value(self) -> float:
        """It."""

    @property
    def low(self) -> float:
        """The lower end."""

    @property
    def high(self) -> float:
        """The upper end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the frame: a configuration, with its value by each objective that ranks it."""

    configuration: Configuration
    serving: Serving
    confidence: float
    choices: Mapping[str, Choice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name, what its values are, and the value of a line."""

    name: str
    kind: Kind
    of: Callable[[Line], Value]


def columns(objectives: Sequence[Objective]) -> tuple[Column, ...]:
    """Every column of a frame, in its order."""
    found = [
        *_names(),
        *_figure("drafting_tokens_per_s", _drafting),
        *_figure("round_s", lambda one: one.round_s),
        *_figure("acceptance_rate", lambda one: one.acceptance.rate),
        Column(name="tokens_per_round", kind="number", of=_tokens_per_round),
        *_figure("power_w", lambda one: one.power_w),
        *_figure("idle_w", lambda one: one.idle_w),
        *_figure("prompt_tokens_per_s", lambda one: one.prompt_tokens_per_s),
        Column(name="power_kind", kind="text", of=lambda line: line.configuration.power_kind or None),
        *_assumptions(),
        *(column for one in objectives for column in _objective(one)),
        Column(name="confidence", kind="number", of=lambda line: line.confidence),
        Column(name="provenance", kind="text", of=lambda line: line.configuration.provenance),
        Column(name="warnings", kind="text", of=_warnings),
    ]
    return tuple(found)


def unit_in_a_name(unit: str) -> str:
    """A unit as a column's name ends with it.

    >>> unit_in_a_name("tokens/$"), unit_in_a_name("J/token")
    ('tokens_per_usd', 'j_per_token')
    """
    words = unit.replace("/", " per ").replace("$", " usd ").lower()
    return "_".join(re.findall(r"[a-z0-9]+", words))


def library_of(name: str | None) -> ModuleType:
    """The library that makes the frame; None: the first that is installed.

    Raises:
        UsageError: It is none of the two, or is not installed.
    """
    if name is not None and name not in LIBRARIES:
        shown = printable(repr(name), at_most=60)
        raise UsageError(f"to_dataframe knows no library {shown}. {did_you_mean(str(name), LIBRARIES)}")
    for one in LIBRARIES if name is None else (name,):
        try:
            return importlib.import_module(one)
        except ImportError:
            continue
    raise UsageError(
        "to_dataframe needs pandas or polars: pip install pandas."
        if name is None
        else f"to_dataframe needs {name}: pip install {name}."
    )


def frame(library: ModuleType, groups: Sequence[Group], objectives: Sequence[Objective]) -> object:
    """A data frame of that library."""
    lines = [line for group in groups for line in _lines(group)]
    wanted = columns(objectives)
    values = {column.name: [column.of(line) for line in lines] for column in wanted}
    if library.__name__ == "polars":
        types = {column.name: getattr(library, _POLARS[column.kind]) for column in wanted}
        return library.DataFrame(values, schema=types)
    series = {column.name: library.Series(values[column.name], dtype=_PANDAS[column.kind]) for column in wanted}
    return library.DataFrame(series)


def _lines(group: Group) -> Iterator[Line]:
    """Each configuration that is ranked by something, once."""
    found: dict[ConfigurationId, dict[str, Choice]] = {}
    for ranking in group.rankings:
        for choice in ranking.choices:
            found.setdefault(choice.configuration.id, {})[ranking.objective.name] = choice
    for choices in found.values():
        configuration = next(iter(choices.values())).configuration
        confidence = group.rules.confidence
        yield Line(configuration=configuration, serving=group.serving, confidence=confidence, choices=choices)


def _names() -> list[Column]:
    parts: Mapping[str, Callable[[ConfigurationId], str]] = {
        "device": lambda one: one.device,
        "family": lambda one: one.family,
        "draft": lambda one: one.draft,
        "quant": lambda one: one.quant,
        "algorithm": lambda one: one.drafter.algorithm,
        "settings": _settings,
    }
    names = [Column(name=name, kind="text", of=_of_id(part)) for name, part in parts.items()]
    return [*names, Column(name="k", kind="whole", of=lambda line: line.configuration.k)]


def _assumptions() -> list[Column]:
    return [
        Column(name="verify_s", kind="number", of=lambda one: one.serving.verify_s_at(one.configuration.k)),
        Column(name="usd_per_million_tokens", kind="number", of=lambda one: one.serving.usd_per_million_tokens),
        Column(name="bills", kind="text", of=lambda one: one.serving.bills),
        Column(name="energy_boundary", kind="text", of=lambda one: one.serving.energy_boundary),
        Column(name="prompt_tokens", kind="whole", of=lambda one: one.serving.request.prompt_tokens),
        Column(name="new_tokens", kind="whole", of=lambda one: one.serving.request.new_tokens),
    ]


def _objective(objective: Objective) -> list[Column]:
    """The value with its interval."""
    name = f"{objective.name}_{unit_in_a_name(objective.unit)}"
    return _three(name, lambda line: line.choices.get(objective.name))


def _figure(name: str, of: Callable[[Configuration], Interval | None]) -> list[Column]:
    return _three(name, lambda line: of(line.configuration))


def _three(name: str, of: Callable[[Line], Interval | None]) -> list[Column]:
    def value(line: Line) -> float | None:
        found = of(line)
        return None if found is None else found.value

    def low(line: Line) -> float | None:
        found = of(line)
        return None if found is None else found.low

    def high(line: Line) -> float | None:
        found = of(line)
        return None if found is None else found.high

    ends = ((name, value), (f"{name}_low", low), (f"{name}_high", high))
    return [Column(name=column, kind="number", of=end) for column, end in ends]


def _drafting(one: Configuration) -> Estimate:
    """K over the time of a round; a long round is a slow one."""
    took = one.round_s
    return replace(took, value=one.k / took.value, low=one.k / took.high, high=one.k / took.low)


def _of_id(part: Callable[[ConfigurationId], str]) -> Callable[[Line], str]:
    return lambda line: part(line.configuration.id)


def _settings(one: ConfigurationId) -> str:
    return ", ".join(f"{name}={value}" for name, value in one.cell.settings)


def _tokens_per_round(line: Line) -> float:
    return 1 + line.configuration.k * line.configuration.acceptance.rate.value


def _warnings(line: Line) -> str:
    return "; ".join(map(flag_words, line.configuration.flags))
