"""The pytest plugin: options, parametrisation, fixtures, one row a configuration, the rankings at the end.

Every pytest run on the machine loads this module, so it imports nothing but pytest and the standard library's
lightest; what measures is imported when a device is asked for.
"""

from __future__ import annotations

from configspec.pytest_plugin.fixtures import configuration, decoded, device, hil_benchmark, hil_end_to_end, measured
from configspec.pytest_plugin.hooks import (
    pytest_addoption,
    pytest_benchmark_update_commit_info,
    pytest_benchmark_update_json,
    pytest_benchmark_update_machine_info,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_generate_tests,
    pytest_report_header,
    pytest_report_teststatus,
    pytest_runtest_makereport,
    pytest_runtest_setup,
    pytest_sessionfinish,
    pytest_sessionstart,
    pytest_terminal_summary,
    pytest_unconfigure,
)
from configspec.pytest_plugin.xdist.workers import (
    pytest_configure_node,
    pytest_handlecrashitem,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
    pytest_xdist_setupnodes,
)

__all__ = [
    "configuration",
    "decoded",
    "device",
    "hil_benchmark",
    "hil_end_to_end",
    "measured",
    "pytest_addoption",
    "pytest_benchmark_update_commit_info",
    "pytest_benchmark_update_json",
    "pytest_benchmark_update_machine_info",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_generate_tests",
    "pytest_handlecrashitem",
    "pytest_report_header",
    "pytest_report_teststatus",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "pytest_sessionfinish",
    "pytest_sessionstart",
    "pytest_terminal_summary",
    "pytest_unconfigure",
    "pytest_xdist_auto_num_workers",
    "pytest_xdist_make_scheduler",
    "pytest_xdist_setupnodes",
]
