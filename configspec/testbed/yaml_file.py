"""One YAML file -> plain dicts, lists and scalars, or a UsageError that says where in the file.

The YAML of `devices.yaml` is the small part that people mean when they write it (YAML 1.2's core scalars, not 1.1's):
a key is a name and always text, so a device may be called `on`, a draft `1`; `yes`, `1:30` and `2026-01-02` are text;
tags (`!!set`) are refused. Anchors, aliases and `<<` work, within a bound on what they expand to: a file of 300 bytes
can otherwise stand for a billion nodes.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from configspec.errors import UsageError
from configspec.printable import printable
from configspec.untrusted import read_bounded

MAX_BYTES = 1 << 20
MAX_NODES = 10_000  # aliases expanded; a testbed of a hundred boards has about 3,000
MAX_DEPTH = 32  # the deepest key of the schema is at 6
SHOWN = 60  # letters of a name in an error
MERGE = "tag:yaml.org,2002:merge"
CORE_SCALARS = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    # Longer digits are floats, infinite ones: int() fails on thousands of digits.
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]{1,4000}", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    (MERGE, r"<<", ["<"]),
)


def read_document(path: Path) -> tuple[Any, bytes]:
    """The file's one document as plain values, and the bytes it was read from."""
    try:
        content = read_bounded(path, at_most_bytes=MAX_BYTES)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}. Name the testbed's devices.yaml, or write one."
        ) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name}: byte {error.start + 1} is not UTF-8. Save the file as UTF-8.") from None
    try:
        return _construct(text), content
    except yaml.YAMLError as error:
        raise UsageError(f"{path.name}: {printable(_explain(error), at_most=10 * SHOWN)}") from None


def _construct(text: str) -> object:
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    except (ValueError, OverflowError):  # chr() and int() inside PyYAML: "\UFFFFFFFF", or `%YAML` with 5,000 digits
        problem = "an escape or a version number that is none"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=loader.get_mark()) from None
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """SafeLoader with core scalars, text keys, no duplicate keys, no tags, and bounds."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = 0
        self._depth = 0
        self._sizes: dict[int, int] = {}  # id of a finished node -> nodes in it, aliases expanded

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node, counting it, or what an alias adds, against the bounds."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if id(node) not in self._sizes:
                raise _refusal(event, f"alias *{event.anchor:.{SHOWN}} is inside what it names. Write that part out")
            self._count(event, self._sizes[id(node)])
            return node
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise _refusal(event, f"tag {tag!r:.{SHOWN}} is not used in this file. Delete it")
        before = self._nodes
        self._count(event, 1)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _refusal(event, f"this is nested more than {MAX_DEPTH} deep. No key of this file needs that")
        node = super().compose_node(parent, index)
        self._depth -= 1
        self._sizes[id(node)] = self._nodes - before
        return node

    def _count(self, event: yaml.Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise _refusal(event, f"more than {MAX_NODES:,} values, once aliases are expanded. Shorten the file")

    def compose_mapping_node(self, anchor: dict[str, yaml.Node]) -> yaml.MappingNode:
        """Compose a mapping whose keys are scalars, no two alike."""
        node = super().compose_mapping_node(anchor)
        first: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refusal(key, "a key is a list or a mapping. A key is a name")
            if key.value in first:
                line = first[key.value].start_mark.line + 1
                raise _refusal(key, f"key {key.value!r:.{SHOWN}} already exists, at line {line}. Rename or delete one")
            first[key.value] = key
        return node

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Hashable, Any]:
        """A dict whose keys are the text as written; of what `<<` brings, what is written beside it wins.

        Of a list of mappings the earlier wins (YAML's merge key). Done here: PyYAML 6.0.3 and 6.0.4 differ on it.
        """
        own: dict[Hashable, object] = {}
        merged: dict[Hashable, object] = {}
        for key, value in node.value:
            if key.tag != MERGE:
                own[key.value] = self.construct_object(value, deep=True)
                continue
            sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for source in sources:
                if not isinstance(source, yaml.MappingNode):
                    raise _refusal(source, f"`<<` brings a {source.id}. It brings a mapping, or a list of mappings")
                merged = self.construct_object(source, deep=True) | merged
        return merged | own


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    return int(node.value)  # SafeLoader would read 010 as octal, as YAML 1.1 does


for _tag, _pattern, _first in CORE_SCALARS:
    _Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), _first)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def _refusal(place: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


def _explain(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError):  # ReaderError: a control character
        return f"{' '.join(str(error).split())}. Delete that character, or escape it."
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    problem = error.problem or error.context or "this is not YAML"
    if "expected a single document" in f"{error.context}":
        return f"{where}a second YAML document begins. Keep one, without `---` between its parts."
    if r"'\t'" in problem:
        problem += ". YAML indents with spaces: replace the tab"
    elif error.context and error.problem and not problem.endswith("."):
        problem = f"{problem}, {error.context}"
    return f"{where}{problem}."
