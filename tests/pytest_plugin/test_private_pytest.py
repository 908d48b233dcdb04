"""The canary: what configspec uses of pytest without a promise is still there.

Where one of these fails, look in pytest's changelog for the name, and mend `private_pytest.py`.
"""

from __future__ import annotations

import argparse
import inspect
import io

import pytest
from _pytest.config import create_terminal_writer

from configspec.pytest_plugin import fixtures, private_pytest
from configspec.pytest_plugin.shown import own_writer


def test_the_declared_options(request):
    """By name, each with the place of its value."""
    declared = private_pytest.declared_options(private_pytest.parser_of(request.config))
    assert declared["--exitfirst"].dest == "maxfail"
    assert isinstance(declared["--exitfirst"], argparse.Action)


def test_the_help_of_an_option_can_be_changed(request):
    """It is printed from there."""
    assert private_pytest.declared_options(private_pytest.parser_of(request.config))["--exitfirst"].help


def test_the_conftests(request):
    """Those of this run are known, and are loaded by a hook that Config itself implements."""
    assert private_pytest.loaded_by_conftest(request.config.pluginmanager)
    assert list(inspect.signature(pytest.Config.pytest_load_initial_conftests).parameters) == ["self", "early_config"]
    assert isinstance(request.config.known_args_namespace.file_or_dir, list)


def test_the_fixtures_of_a_test(request, tmp_path):
    """Those that it asks for; all are defined."""
    assert {"request", "tmp_path"} <= private_pytest.fixtures_of(request.node)
    assert not private_pytest.undefined_fixtures(request.node)


def test_who_gives_a_fixture(request):
    """By its module; nobody, where there is none of that name."""
    assert private_pytest.plugin_giving(request.session, "tmp_path") == "_pytest.tmpdir"
    assert private_pytest.plugin_giving(request.session, "benchmark") == "pytest_benchmark.plugin"
    assert private_pytest.plugin_giving(request.session, "nobody_has_this_name") is None


class Phone:
    """A plugin that has a fixture of a name of ours."""

    @pytest.fixture
    def device(self) -> str:
        return "pixel"


def test_a_fixture_that_another_plugin_has_is_not_given():
    """The others are."""
    manager = pytest.PytestPluginManager()
    manager.register(Phone())
    given = private_pytest.without_names_of_others(fixtures, manager)
    names = {"configuration", "measured", "decoded", "hil_benchmark", "hil_end_to_end", "results"}
    assert {name for name in vars(given) if not name.startswith("__")} == names


def test_what_parametrises_a_test():
    """Its planned calls, and where its fixtures come from."""
    told = inspect.getsource(pytest.Metafunc.__init__)
    for name in ("_calls", "_arg2fixturedefs"):
        assert f"self.{name}" in told, f"Metafunc.{name} is gone"


def test_the_capture_of_tests_can_be_watched(request):
    """Nobody writes to the terminal while they are captured, and it is told before somebody may."""
    told: list[str] = []
    end = private_pytest.watch_capture(request.config, lambda: told.append("off"), lambda: told.append("on"))
    manager = request.config.pluginmanager.get_plugin("capturemanager")
    assert end is not None
    try:
        with manager.global_and_fixture_disabled():
            inside = list(told)
    finally:
        end()
    assert (inside, told) == (([], []) if request.config.option.capture == "no" else (["off"], ["off", "on"]))
    assert "suspend_global_capture" not in vars(manager)


def test_what_the_reporter_writes_can_be_watched(request):
    """Each piece of it; it knows how far its line goes."""
    out = io.StringIO()
    writer = create_terminal_writer(request.config, out)
    written: list[str] = []

    def around(write):
        written.append("before")
        write()

    end = private_pytest.watch_writing(writer, around)
    writer.write("ab")
    writer.line("c")
    writer.write("de")
    end()
    assert writer.width_of_current_line == 2
    assert out.getvalue() == "abc\nde"
    assert len(written) >= 3


def test_only_the_own_reporter_is_known(request):
    """Another draws as it likes."""
    writer = own_writer(request.config)
    assert writer is None or {"write", "width_of_current_line", "hasmarkup"} <= set(dir(writer))
