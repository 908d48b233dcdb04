"""The first `devices.yaml` of a testbed, with comments, from devices and families that are named.

It is checked as any `devices.yaml` before it is written. What a device said when it was asked stands above it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import JsonValue

from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.scaffold.shipped import shipped
from configspec.testbed.inventory import DevicesYaml
from configspec.testbed.problems import check, refusal

SSH = "ssh:"
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.@-]*")
WORDS_OF_YAML = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
CONFIGS = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml")

HEAD = """\
# The testbed of this folder: its devices, and the models that they draft with.
# Every key: `configspec schema` has the JSON Schema for editors; docs/inventory.md of configspec explains each.
"""
NO_FAMILY = """\
# A family is a large model (the target) with the small models (the drafts) that may draft for it. `configspec init`
# with --family writes one that people serve; this is the form of one of your own:
#
# families:
#   mine:
#     target: {transformers: models/target}
#     drafts:
#       small: {file: "models/small-{quant}.gguf"}
#     quants: [Q4_K_M, Q8_0]
"""
FAMILIES = """\
# A family is a large model (the target) with the small models (the drafts) that may draft for it. The repositories are
# public ones of the Hugging Face hub; some are gated. The target is a server of yours: correct its address.
# `configspec models pull` fetches the drafts, `configspec models verify` checks them.
"""
REST = """\
sweep:
  k: 1..10 # one pass measures all of them

# What is assumed of the verifier. It is applied after measuring: change it, and ask again without a device.
serving:
  verify_s: 0.5 # seconds to verify a round, the link included
  price: {usd_per_million_tokens: 0.90, bills: drafted}
"""
PYTEST_INI = """\
# `pytest -m hil --device NAME` measures; without --device nothing is measured.
[pytest]
minversion = 9.0
testpaths = benchmarks
addopts = --import-mode=importlib
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device to declare: `destination` is what ssh takes, None this machine."""

    name: str
    destination: str | None = None

    def connection(self) -> str:
        """As `devices.yaml` has it."""
        return "local" if self.destination is None else f"{{ssh: {_scalar(self.destination)}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a device said: a line in words, and whether it has a power meter that can be read."""

    words: str
    meter: bool


def new_device(given: str) -> NewDevice:
    """Of `NAME=local` or `NAME=ssh:DESTINATION`.

    Raises:
        UsageError: It is neither.
    """
    name, equals, where = given.partition("=")
    if name and where == "local":
        return NewDevice(name=name)
    if name and where.startswith(SSH) and where != SSH:
        return NewDevice(name=name, destination=where.removeprefix(SSH))
    shown = printable(repr(given), at_most=80)
    hint = "" if equals else f" Was {printable(repr(f'{given}=ssh:{given}'), at_most=80)} meant?" if given else ""
    raise UsageError(f"--device is {shown}; it takes NAME=local or NAME=ssh:DESTINATION, as in orin=ssh:orin-01.{hint}")


def known_families() -> Mapping[str, JsonValue]:
    """The families that people serve, by name, as `devices.yaml` has them."""
    families: dict[str, JsonValue] = yaml.safe_load(shipped("families.yaml"))["families"]
    return families


def devices_yaml(devices: Sequence[NewDevice], families: Sequence[str], seen: Mapping[str, Seen]) -> str:
    """The text of the file.

    Args:
        devices: At least one.
        families: Names of `known_families`; none writes how one of your own is declared.
        seen: What devices said, by name; a device that nobody asked has none.

    Raises:
        UsageError: A name cannot be one, is given twice, or is no family's.
    """
    for name, times in _twice([one.name for one in devices]):
        raise UsageError(f"--device names {printable(repr(name), at_most=80)} {times} times; a device has one name.")
    known = known_families() if families else {}
    for name in families:
        if name not in known:
            raise UsageError(f"no family {printable(repr(name), at_most=80)} is known. {did_you_mean(name, known)}")
    declared = [line for one in devices for line in _device(one, seen.get(one.name))]
    return "\n".join((HEAD, "devices:", *declared, "", _families(known, families), REST))


def checked(text: str, folder: Path) -> DevicesYaml:
    """The specs of such a text.

    Raises:
        UsageError: A name or a destination cannot be one, as `devices.yaml` says it.
    """
    document: JsonValue = yaml.safe_load(text)
    specs, problems = check(document, folder)
    if specs is None:
        raise refusal("devices.yaml", problems)
    return specs


def has_pytest_config(folder: Path) -> bool:
    """Whether pytest finds its configuration in this folder already."""
    if any((folder / name).exists() for name in CONFIGS):
        return True
    marks = {"pyproject.toml": "[tool.pytest", "tox.ini": "[pytest]", "setup.cfg": "[tool:pytest]"}
    return any(mark in _text(folder / name) for name, mark in marks.items())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _device(one: NewDevice, seen: Seen | None) -> Iterator[str]:
    if seen is not None:
        yield f"  # When this file was made: {printable(seen.words, at_most=300)}"
    yield f"  {_scalar(one.name)}:"
    yield f"    connection: {one.connection()}"
    if seen is not None and seen.meter:
        yield "    power: auto # its meter was found: joules per token are measured too"
    else:
        yield "    # power: auto # measures joules per token where a meter is found; docs/power.md has others"


def _families(known: Mapping[str, JsonValue], families: Sequence[str]) -> str:
    if not families:
        return NO_FAMILY
    chosen = {"families": {name: known[name] for name in dict.fromkeys(families)}}
    # Without aliases: each family of a new file can be changed by itself.
    dumper = type("Plain", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    return FAMILIES + str(yaml.dump(chosen, Dumper=dumper, sort_keys=False, default_flow_style=None, width=120))


def _scalar(text: str) -> str:
    """Text as YAML reads it back: bare where it is a plain word."""
    bare = PLAIN.fullmatch(text) and text.lower() not in WORDS_OF_YAML
    return text if bare else str(yaml.safe_dump(text, default_style='"', width=math.inf)).strip("\n")


def _twice(names: Sequence[str]) -> Iterator[tuple[str, int]]:
    return ((name, names.count(name)) for name in dict.fromkeys(names) if names.count(name) > 1)
