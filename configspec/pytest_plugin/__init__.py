"""The pytest plugin: options, parametrisation, fixtures, one row a configuration, the rankings at the end.

Every pytest run on the machine loads this module, most of them for projects that have nothing to do with configspec.
So it declares options that nobody else has, and stays out of the way until there is a `devices.yaml` or one of
those options. Only then are fixtures, marker and hooks registered. It imports nothing but pytest and the standard
library's lightest; what measures is imported when a device is asked for.
"""

from __future__ import annotations

from configspec.pytest_plugin.presence import (
    pytest_addoption,
    pytest_cmdline_main,
    pytest_configure,
    pytest_generate_tests,
    pytest_load_initial_conftests,
    pytest_xdist_auto_num_workers,
)

__all__ = [
    "pytest_addoption",
    "pytest_cmdline_main",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_load_initial_conftests",
    "pytest_xdist_auto_num_workers",
]
