"""Elements of HTML and SVG as values, and the one place where they become text.

A text is never markup: whatever it holds, it is made printable and escaped here, and so is the value of an attribute.
What is written raw, a style or a script, is this package's own, and refused where it could end its element.
https://html.spec.whatwg.org/multipage/syntax.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NewType, TypeAlias

from configspec.printable import printable

Node: TypeAlias = "Element | str"
Markup = NewType("Markup", str)  # text of elements, which only this module makes
Value: TypeAlias = str | int | float | bool | None
RAW = ("style", "script")
EMPTY = frozenset({"meta", "link", "input", "br", "hr", "path", "line", "rect", "circle"})
IMPLIED = frozenset({"td", "th", "tr"})  # whose end the next one tells: a table of thousands of rows is a third shorter
DECIMALS = 1  # of a coordinate: a tenth of a pixel


@dataclass(frozen=True, slots=True)
class Element:
    """One element; attributes in the order in which they are written."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Node, ...] = ()


def element(tag: str, *children: Node, **attributes: Value) -> Element:
    """An element: `stroke_width` is written `stroke-width`, `class_` as `class`; what is None or False is left out.

    Raises:
        ValueError: A number is not finite.
    """
    known = ((name, value) for name, value in attributes.items() if value is not None and value is not False)
    return Element(tag, tuple((name.rstrip("_").replace("_", "-"), _value(value)) for name, value in known), children)


def coordinate(value: float) -> str:
    """A number of pixels, as short as it can be.

    >>> coordinate(12.0), coordinate(-0.04), coordinate(3.25)
    ('12', '0', '3.2')
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is no place in a picture")
    shown = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def text_of(nodes: Iterable[Node]) -> Markup:
    """Their text.

    Raises:
        ValueError: A style or a script holds what would end it.
    """
    pieces: list[str] = []
    for node in nodes:
        _write(node, pieces.append)
    return Markup("".join(pieces))


def around(tag: str, inner: Iterable[Markup], **attributes: Value) -> Markup:
    """An element whose children are text already."""
    begin = "".join(_attribute(*one) for one in element(tag, **attributes).attributes)
    return Markup(f"<{tag}{begin}>{''.join(inner)}</{tag}>")


def escaped(text: str) -> str:
    r"""A text as it stands between tags, and in an attribute's double quotes.

    >>> escaped('</script>\x1b "b" & c')
    '&lt;/script&gt;\\x1b &quot;b&quot; &amp; c'
    """
    shown = printable(text)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _value(value: Value) -> str:
    if isinstance(value, str):
        return value
    return "" if value is True else coordinate(float(value or 0))


def _write(node: Node, put: Callable[[str], None]) -> None:
    if isinstance(node, str):
        put(escaped(node))
        return
    put(f"<{node.tag}{''.join(_attribute(*one) for one in node.attributes)}")
    if node.tag in EMPTY and not node.children:
        put("/>")
        return
    put(">")
    for child in node.children:
        if node.tag in RAW:
            put(_checked(node.tag, child))
        else:
            _write(child, put)
    if node.tag not in IMPLIED:
        put(f"</{node.tag}>")


def _attribute(name: str, value: str) -> str:
    return f' {name}="{escaped(value)}"'


def _checked(tag: str, child: Node) -> str:
    if not isinstance(child, str) or "</" in child or "<!--" in child:
        raise ValueError(f"a {tag} holds what would end it")
    return child
