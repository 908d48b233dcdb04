"""What a shell completes: commands and options by themselves, and the names of `devices.yaml` in this folder.

argcomplete asks: the shell calls `configspec` with a variable of its own set. In every other call this is not loaded.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import argcomplete

INVENTORY = Path("devices.yaml")
PART_OF = {"device": "devices", "devices": "devices", "family": "families"}  # an option's name -> where its names stand


def answer(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, and end; returns where it has not asked."""
    for command, action in _options(parser):
        named = command.startswith("devices") and action.dest == "names"
        part = "devices" if named else PART_OF.get(action.dest)
        if part is not None and action.choices is None:
            action.completer = _Names(part)  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser)


class _Names:
    """The names that one part of `devices.yaml` has."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __call__(self, parsed_args: argparse.Namespace, **_: Any) -> Iterable[str]:
        """Those of the file that the command line names, or of the one here; none where it cannot be read."""
        path = getattr(parsed_args, "inventory", None) or INVENTORY
        import yaml

        try:
            document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
            return [str(name) for name in document[self._part]]
        except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
            return ()


def _options(parser: argparse.ArgumentParser, command: str = "") -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from _options(child, name)
        else:
            yield command, action
