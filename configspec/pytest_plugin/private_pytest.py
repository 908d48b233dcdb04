"""What is used of pytest although it does not promise it: in this module only.

`tests/pytest_plugin/test_private_pytest.py` uses each against the installed release, and names it when it is gone.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from configspec.theory.ids import ConfigurationId


class Writer(Protocol):
    """What pytest's reporter writes to its terminal with."""

    hasmarkup: bool  # whether it shows colours

    @property
    def write(self) -> Callable[..., None]:
        """Writes a text as it is."""

    @property
    def width_of_current_line(self) -> int:
        """Columns that are written since the last line break."""


def watch_writing(writer: Writer, around: Callable[[Callable[[], None]], None]) -> Callable[[], None]:
    """Have each piece that the reporter writes, written by `around`; returns what ends that."""
    own = writer.write

    def write(msg: str, *, flush: bool = False, **markup: bool) -> None:
        around(lambda: own(msg, flush=True, **markup))  # at once: what is drawn next is behind it

    vars(writer)["write"] = write

    def end() -> None:
        del vars(writer)["write"]

    return end


def watch_capture(
    config: pytest.Config, suspended: Callable[[], None], resumed: Callable[[], None]
) -> Callable[[], None] | None:
    """Have it told whenever tests are no longer captured, and again are; returns what ends that. None: no capture.

    `suspended` is called before the terminal can be written to, and `resumed` once it cannot.
    """
    manager = config.pluginmanager.get_plugin("capturemanager")
    if manager is None:
        return None
    suspend, resume = manager.suspend_global_capture, manager.resume_global_capture

    def suspend_global_capture(in_: bool = False) -> None:
        suspended()
        suspend(in_)

    def resume_global_capture() -> None:
        resume()
        resumed()

    manager.suspend_global_capture = suspend_global_capture
    manager.resume_global_capture = resume_global_capture

    def end() -> None:
        del manager.suspend_global_capture, manager.resume_global_capture

    return end


def parser_of(config: pytest.Config) -> pytest.Parser:
    """The parser of the command line."""
    return config._parser


def declared_options(parser: pytest.Parser) -> dict[str, argparse.Action]:
    """Every name of an option that pytest, a plugin or a conftest has declared."""
    return parser.optparser._option_string_actions


def loaded_by_conftest(pluginmanager: pytest.PytestPluginManager) -> bool:
    """Whether a plugin that is being loaded was named by a conftest, since those come after all others."""
    return bool(pluginmanager._conftest_plugins)


def set_paths(config: pytest.Config, parser: pytest.Parser, args: Sequence[str]) -> bool:
    """Look for initial conftests at the paths that `args` name, by the options known now; whether those are others.

    Raises `pytest.UsageError` where `args` cannot be read, as an option without its value.
    """
    paths = parser.parse_known_args(args, namespace=copy.copy(config.option)).file_or_dir
    changed: bool = paths != config.known_args_namespace.file_or_dir
    config.known_args_namespace.file_or_dir = paths
    return changed


def load_conftests(config: pytest.Config) -> None:
    """Load the initial conftests of the paths that are set, as pytest does; those that are loaded stay."""
    config.pytest_load_initial_conftests(config)


def fixtures_of(item: pytest.Item) -> frozenset[str]:
    """The names of the fixtures that a test asks for."""
    return frozenset(getattr(item, "fixturenames", ()))


def undefined_fixtures(item: pytest.Item) -> frozenset[str]:
    """The names that a test asks for, and that no plugin, no conftest and no parameter gives it."""
    info = getattr(item, "_fixtureinfo", None)
    return frozenset() if info is None else frozenset(info.names_closure) - info.name2fixturedefs.keys() - {"request"}


def resolves_to(metafunc: pytest.Metafunc, name: str, module: str) -> bool:
    """Whether the test gets its fixture `name` from `module`, and not its own of that name or its own parameters."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if name in ([one.strip() for one in names.split(",")] if isinstance(names, str) else names):
            return False
    if any(name in call.params for call in metafunc._calls):  # by a hook of the suite's own
        return False
    for fixture in reversed(metafunc._arg2fixturedefs.get(name, ())):  # the closest one is the last
        if getattr(fixture.func, "__module__", None) == module:
            return True
        if name not in fixture.argnames:  # else it takes the value of the one that it overrides
            return False
    return False


def plugin_giving(session: pytest.Session, fixture: str) -> str | None:
    """The module of the plugin that gives tests this fixture; None where none does, or a conftest's comes before it.

    A plugin may have changed the table of fixtures, as pytest-codspeed does, so it is that which is asked.
    """
    found = session._fixturemanager.getfixturedefs(fixture, session) or ()
    conftests = {getattr(one, "__name__", None) for one in session.config.pluginmanager._conftest_plugins}
    modules = [getattr(one.func, "__module__", None) for one in found]
    return None if not modules or modules[-1] in conftests else modules[-1]


def configuration_of(item: pytest.Item) -> ConfigurationId | None:
    """The configuration that a test was parametrised with, if it was, and by this plugin."""
    from configspec.theory.ids import ConfigurationId

    callspec = getattr(item, "callspec", None)
    asked = None if callspec is None else callspec.params.get("configuration")
    return asked if isinstance(asked, ConfigurationId) else None


def without_names_of_others(module: ModuleType, pluginmanager: pytest.PytestPluginManager) -> ModuleType:
    """The fixtures of `module`, but none that another plugin has by the same name: there, only one can be had."""
    kind = type(module.configuration)  # what the decorator makes
    theirs = {
        name
        for plugin in pluginmanager.get_plugins() - set(pluginmanager._conftest_plugins)
        for name in _fixture_names(plugin, kind)
    }
    ours = ModuleType(module.__name__, module.__doc__)
    for name, value in vars(module).items():
        if isinstance(value, kind) and name not in theirs:
            setattr(ours, name, value)
    return ours


def _fixture_names(plugin: object, kind: type) -> Iterator[str]:
    for name, value in {**vars(type(plugin)), **getattr(plugin, "__dict__", {})}.items():
        if isinstance(value, kind):
            yield getattr(value, "name", None) or name
