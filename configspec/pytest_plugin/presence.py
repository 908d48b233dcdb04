"""What every pytest run has of configspec, and how a run becomes one of configspec's."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from configspec.pytest_plugin import private_pytest
from configspec.pytest_plugin.absence import Absence
from configspec.pytest_plugin.options import add_options, add_short_names, is_testbed
from configspec.pytest_plugin.short_names import (
    FULL_NAMES,
    expect_short_names,
    take_short_names,
    taken_names,
    tell_in_help,
)

# The entry point's name, and the module's: a run may load the plugin by both, and pytest takes it only once.
NAMES = ("configspec", "configspec.pytest_plugin")
HERE = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare options and ini values, and take the plugin's other name, so that it is not loaded again by that."""
    add_options(parser)
    for name in NAMES:
        if not pluginmanager.has_plugin(name):
            pluginmanager.register(object(), name)
    if private_pytest.loaded_by_conftest(pluginmanager):  # too late for the hook below
        add_short_names(parser, FULL_NAMES.keys() - taken_names(parser))


@pytest.hookimpl(wrapper=True, trylast=True)  # trylast: within pytest's capture of what conftests print
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """When everybody has declared their options, find those of ours that were written by their short names."""
    expected = expect_short_names(early_config, parser, args)
    result = yield
    if expected:
        take_short_names(early_config, parser, args)
    if early_config.known_args_namespace.help:
        tell_in_help(parser)
    return result


def pytest_configure(config: pytest.Config) -> None:
    """In a testbed, register what measures; elsewhere, only what skips a test of ours that has come without one."""
    if not is_testbed(config):
        config.pluginmanager.register(Absence(), "configspec absence")
        return
    config.stash[HERE] = True
    from configspec.pytest_plugin import fixtures, hooks
    from configspec.pytest_plugin.xdist import workers

    config.addinivalue_line("markers", "hil: measures devices; needs --device")
    given = private_pytest.without_names_of_others(fixtures, config.pluginmanager)
    for plugin in (given, hooks, workers):
        config.pluginmanager.register(plugin, plugin.__name__)
    hooks.begin(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per configuration. Registered here, so that ids have their parts in the order that they always had."""
    if HERE in metafunc.config.stash:
        from configspec.pytest_plugin.parametrisation import parametrise

        parametrise(metafunc)


@pytest.hookimpl(wrapper=True)  # before xdist's, which starts no workers where tests are only collected
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """A run that only says its plan collects its tests and runs none."""
    if config.getoption("configspec_plan"):
        config.option.collectonly = True
    return (yield)


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """`-n auto`: as many as there are devices. Called before `pytest_configure`."""
    if not is_testbed(config):
        return None
    from configspec.pytest_plugin.start import run_of

    run = run_of(config)
    return None if run is None else len(run.devices)
