"""Which tests are made of a test function that asks for a configuration."""

from __future__ import annotations

import pytest

from configspec.printable import printable_line
from configspec.pytest_plugin.absence import ASK
from configspec.pytest_plugin.private_pytest import resolves_to
from configspec.pytest_plugin.run import RUN
from configspec.pytest_plugin.short_names import spelled

FIXTURES = "configspec.pytest_plugin.fixtures"


def parametrise(metafunc: pytest.Metafunc) -> None:
    """One test per configuration; where there is none to run, one skipped test that says why."""
    if not resolves_to(metafunc, "configuration", FIXTURES):
        return
    run = metafunc.config.stash.get(RUN, None)
    if run is None:
        _skip(metafunc, "no-device", ASK)
        return
    decoded = "hil_end_to_end" in metafunc.fixturenames
    asked = run.plan.end_to_end if decoded else run.plan.configurations
    if decoded and not asked:
        amount = run.asked.end_to_end
        _skip(metafunc, "none", f"nothing is decoded end to end: --end-to-end {amount}, or only recorded figures")
        return
    metafunc.parametrize("configuration", asked, indirect=True, ids=[one.id for one in asked])


def _skip(metafunc: pytest.Metafunc, name: str, reason: str) -> None:
    mark = pytest.mark.skip(reason=printable_line(spelled(metafunc.config, reason)))
    metafunc.parametrize("configuration", [pytest.param(None, marks=mark, id=name)], indirect=True)
