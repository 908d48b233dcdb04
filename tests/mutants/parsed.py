"""A module's source with its tree: where each node stands, what is around it, and what is worth changing.

Left out are docstrings, annotations, imports and whatever is only words for people: raised errors, help, addresses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

WORDS_FOR_PEOPLE = ("Option", "did_you_mean", "not_there")  # calls whose texts are of a message or a help
UNREAD = (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom)
UNREAD_FIELDS = ("annotation", "returns", "decorator_list", "type_comment")
UNREAD_KEYWORDS = ("page", "options", "find", "hint", "found", "timeout_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Bytes of the source, from `start` to `end`, and the text that takes their place."""

    start: int
    end: int
    text: str


@final
class Parsed:
    """A module. Offsets are of bytes: that is what `ast` counts, and sources hold letters like µ."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self._bytes = source.encode()
        self._lines = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def parent(self, node: ast.AST) -> ast.AST:
        """The node around one."""
        return self._parents[node]

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around one, the nearest first; the module last."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def text(self, node: ast.expr) -> str:
        """A node as it is written."""
        start, end = self._span(node)
        return self._bytes[start:end].decode()

    def edit(self, node: ast.expr, text: str) -> Edit:
        """Put that text in the place of a node."""
        start, end = self._span(node)
        return Edit(start=start, end=end, text=text)

    def edited(self, edits: Iterable[Edit]) -> str:
        """The source with all of the edits, which do not overlap."""
        made = self._bytes
        for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
            made = made[: edit.start] + edit.text.encode() + made[edit.end :]
        return made.decode()

    def line(self, edit: Edit) -> int:
        """The line of an edit, from 1."""
        return self._bytes.count(b"\n", 0, edit.start) + 1

    def before(self, edit: Edit) -> str:
        """What an edit replaces."""
        return self._bytes[edit.start : edit.end].decode()

    def nodes(self) -> Iterator[ast.expr]:
        """The expressions that are worth changing, in the order of the source. A text's parts are not among them."""
        yield from _worth_changing(self.tree)

    def _span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.lineno - 1] + node.col_offset, self._lines[node.end_lineno - 1] + node.end_col_offset


def called(node: ast.AST) -> str:
    """The last name of what a call calls; the empty text where it is no call, or calls no name."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _worth_changing(node: ast.AST) -> Iterator[ast.expr]:
    for field, value in ast.iter_fields(node):
        if field in UNREAD_FIELDS:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _only_words(child):
                continue
            if isinstance(child, ast.expr):
                yield child
            if not isinstance(child, ast.JoinedStr):
                yield from _worth_changing(child)


def _only_words(node: ast.AST) -> bool:
    """Whether a node changes nothing but what people read."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.keyword):
        return node.arg in UNREAD_KEYWORDS
    if isinstance(node, ast.Dict):
        return bool(node.values) and all(_is_sentence(value) for value in node.values)
    if isinstance(node, ast.Call):
        return called(node) in WORDS_FOR_PEOPLE or called(node).lower().endswith("error")
    return isinstance(node, UNREAD)


def _is_sentence(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip()
