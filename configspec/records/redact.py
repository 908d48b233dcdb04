"""What must not leave a machine, taken out of what is written: whole fields, and exact names in free text.

    hosts, destinations, servers    names of machines: replaced wherever free text holds them, as words of their own
    users                           names of people are words like any other (`pi`, `nano`): replaced only where they
                                    can be nothing else, in `pi@...`, `/home/pi` and `pi on HOST`
    nodes                           names of the hosts of other runs: replaced whole, in their field
    home                            this user's home folder, where a path begins with it

Facts are never changed, whatever an account or a host is called: a Raspberry Pi 5 stays one. Neither are names of
tests and of what the inventory declares: by them a row is found again, and whoever wrote the inventory chose them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from configspec.records.row import KEY

HOST, USER, DESTINATION, SERVER, HOME = "<host>", "<user>", "<destination>", "<server>", "~"
NAMES = frozenset(("device", "family", "draft", "quant"))  # of a row, by the inventory
NODES = frozenset(("node",))  # keys of the record whose text is the name of a host
# Keys of the record that hold facts: what a board's system, a model's file or configspec itself says.
_OF_BOARDS = ("board", "board_sha256", "cpu_model", "governor", "machine", "platform", "power_mode", "python")
_OF_BOARDS_TOO = ("llama_cpp_system_info", "llama_cpp_version", "llama_devices", "temperature_zone", "throttling")
_OF_BUFFERS = tuple(f"{kind}_buffers_bytes" for kind in ("cache", "compute", "model"))
_OF_OPENING = ("cache_type_k", "cache_type_v", "env_names", "flash_attention", "gpus", "settings", *_OF_BUFFERS)
_OF_MODELS = ("architecture", "description", "draft_tensor_types", "dtype", "file_sha256", "sha256")
_OF_MODELS_TOO = ("vocabulary_sha256",)
_OF_PROCEDURES = (
    "algorithm",
    "asked",
    "began",
    "clock",
    "last_round",
    "method",
    "output",
    "prompts",
    "prompts_sha256",
    "rule",
)
_OF_ROWS = ("bills", "code", "configspec", "datetime", "file", "inventory_sha256", "outcome", "part", "provenance")
_OF_ROWS_TOO = ("energy_boundary", "jitter", "objective", "payload", "samples", "sweep_prompts_sha256", "verify")
_OF_METERS = ("boundary", "doubts", "heat", "meter")  # and all that `heat` and `meter` hold
_OF_PROMPTING = ("date", "special_tokens", "system_sha256", "template", "template_sha256", "thinking")
_OF_ORIGINS = ("commit", "cpu", "pytest_benchmark")
_OF_MACHINES = (*_OF_BOARDS, *_OF_BOARDS_TOO, *_OF_OPENING)
FACTS = frozenset(
    (
        *(*_OF_MACHINES, *_OF_MODELS, *_OF_MODELS_TOO),
        *(*_OF_PROCEDURES, *_OF_PROMPTING, *_OF_ROWS, *_OF_ROWS_TOO, *_OF_METERS, *_OF_ORIGINS),
    )
)
# What pytest-benchmark knows of a machine, besides its `node`; other keys are somebody's own.
_OF_PYTHON = ("build", "compiler", "implementation", "implementation_version", "version")
MACHINE = frozenset(("cpu", "machine", "processor", "release", "system", *(f"python_{one}" for one in _OF_PYTHON)))
_BEFORE = r"(?<![\w-])"
_AFTER = r"(?![\w-])"
_AFTER_FOLDER = r"(?![\w-]|\.\w)"
_STANDS_FOR_ONE = rf"(?!(?<=<)(?:{'|'.join(name.strip('<>') for name in (HOST, USER, DESTINATION, SERVER))})>)"
_NEVER = r"(?!)"


@dataclass(frozen=True, kw_only=True)
class Private:
    """What must not be written: names of machines, each with what takes its place, people, and a home folder."""

    machines: Mapping[str, str]
    users: frozenset[str] = frozenset()
    home: str | None = None
    declared: frozenset[str] = frozenset()  # what the inventory itself names, though an account has that name too

    def row(self, entry: Mapping[str, object]) -> dict[str, object]:
        """An entry of pytest-benchmark's file as it may be written; its names and parameters are those of a test."""
        extra = entry.get("extra_info")
        return {**entry, "extra_info": self.extra_info(extra)} if isinstance(extra, Mapping) else dict(entry)

    def extra_info(self, extra: Mapping[str, object]) -> dict[str, object]:
        """A row's own values: configspec's record, and beside it whatever the test put there."""
        return {key: self.record(one) if key == KEY else self._free(one) for key, one in extra.items()}

    def record(self, value: object) -> object:
        """A record, or a part of one."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self._of_record(key, one) for key, one in value.items()}
        return [self.record(one) for one in value] if isinstance(value, list | tuple) else value

    def machine(self, info: Mapping[str, object]) -> dict[str, object]:
        """What pytest-benchmark says of this machine."""
        return {key: HOST if key == "node" else one if key in MACHINE else self._free(one) for key, one in info.items()}

    def text(self, text: str) -> str:
        """Free text, such as a reason."""
        if text in self.users - self.declared:
            return USER
        while (changed := self._in_text.sub(self._instead, text)) != text:  # what takes a name's place may bare another
            text = changed
        return text

    def _of_record(self, key: str, value: object) -> object:
        if key in FACTS or (key in NAMES and isinstance(value, str)):
            return _each_text(value, lambda text: text)
        if key in NODES and isinstance(value, str):
            return HOST
        if key == "metadata":  # a model's own facts, among them paths of whoever made it
            return _each_text(value, lambda text: self._in_paths.sub(self._instead, text))
        if key == "numbers" and isinstance(value, list | tuple):  # of a flag: each a name and a value
            return [[*one[:1], *map(self.record, one[1:])] for one in value]
        return self.record(value)

    def _free(self, value: object) -> object:
        return _each_text(value, self.text)

    def _instead(self, found: re.Match[str]) -> str:
        if found.lastgroup == "machine":
            return self.machines[found[0]]
        return HOME if found.lastgroup == "home" else USER

    @cached_property
    def _in_text(self) -> re.Pattern[str]:
        machines, users = _one_of(self.machines), _one_of(self.users)
        any_machine = "|".join((machines, HOST, DESTINATION))
        return re.compile(
            f"{self._in_paths.pattern}"
            f"|(?P<machine>{_BEFORE}{_STANDS_FOR_ONE}(?:{machines}){_AFTER})"
            f"|(?P<account>{_BEFORE}(?:{users})(?=@| on (?:{any_machine}){_AFTER}))"
        )

    @cached_property
    def _in_paths(self) -> re.Pattern[str]:
        home, users = _one_of(() if self.home is None else (self.home,)), _one_of(self.users)
        return re.compile(
            f"(?P<home>(?<![\\w.~-])(?:{home}){_AFTER_FOLDER})"
            f"|(?P<folder>(?:(?<=/home/)|(?<=/Users/))(?:{users}){_AFTER_FOLDER})"
        )


def _one_of(names: Collection[str]) -> str:
    """A pattern for the longest of these names that stands there; for nothing where there are none."""
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or _NEVER


def _each_text(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each_text(one, change) for key, one in value.items()}
    return [_each_text(one, change) for one in value] if isinstance(value, list | tuple) else value
