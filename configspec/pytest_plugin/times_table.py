"""pytest-benchmark's table: not of our rows, unless somebody asks for it, and then in the order of numbers.

A run has hundreds of rows, and their table would push away what the run has to say. Rows of other tests are shown as
always. Whoever gives one of `WISHES`, on the command line, in PYTEST_ADDOPTS or in the ini file's `addopts`, has all.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Generator, Mapping
from typing import Any, TypeAlias

import pytest

from configspec.pytest_plugin.run import MeasuringRun

# Of pytest-benchmark: how its table looks, and what is done while it is shown.
WISHES = (
    "--benchmark-columns",
    "--benchmark-sort",
    "--benchmark-group-by",
    "--benchmark-name",
    "--benchmark-time-unit",
    "--benchmark-verbose",
    "--benchmark-compare",
    "--benchmark-compare-fail",
    "--benchmark-histogram",
)
Untyped: TypeAlias = Any  # a row as pytest-benchmark shows it
Groups: TypeAlias = list[tuple[str | None, list[dict[str, Untyped]]]]


class NumberedText(str):
    """A text of which the numbers are compared as numbers: K=9 stands before K=10."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return _order(self) < _order(other)


class TimesTable:
    """The plugin of the process that shows the table."""

    def __init__(self, run: MeasuringRun, config: pytest.Config) -> None:
        self._run = run
        self._is_asked = asks_for_table(config)

    @pytest.hookimpl(optionalhook=True, wrapper=True)
    def pytest_benchmark_group_stats(self) -> Generator[None, Groups, Groups]:
        """The groups that are shown."""
        groups = yield
        if self._is_asked:
            return in_order(groups)
        return without(groups, self._run.rows)


def asks_for_table(config: pytest.Config) -> bool:
    """Whether an option is given that is about the table."""
    words = (
        *config.getini("addopts"),
        *shlex.split(os.environ.get("PYTEST_ADDOPTS", "")),
        *map(str, config.invocation_params.args),
    )
    return any(word.partition("=")[0] in WISHES for word in words)


def without(groups: Groups, names: Mapping[str, object]) -> Groups:
    """The groups without rows of these full names; none where nothing is left of it."""
    kept = ((group, [row for row in rows if row["fullname"] not in names]) for group, rows in groups)
    return [(group, rows) for group, rows in kept if rows]


def in_order(groups: Groups) -> Groups:
    """The groups, and in each the rows by name, in the order of their numbers; however rows are sorted later."""
    for _, rows in groups:
        for row in rows:
            row.update({key: NumberedText(row[key]) for key in ("name", "fullname")})
        rows.sort(key=lambda row: _order(row["name"]))
    return sorted(groups, key=lambda one: _order(one[0] or ""))


def _order(text: str) -> tuple[tuple[str, int, str], ...]:
    """Each stretch of letters with the number behind it: the longer number is the larger, however long they are."""
    found = ((letters, digits.lstrip("0")) for letters, digits in re.findall(r"([^0-9]*)([0-9]*)", text))
    return tuple((letters, len(number), number) for letters, number in found)
