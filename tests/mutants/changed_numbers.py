"""Numbers that are changed: a unit ten or a thousand times too large or small, the figure beside the one that is meant.

A number counts as a unit where it is multiplied or divided by, and where it stands in a table of the module or is a
constant of the module that takes part in a product. Lengths of texts, tries and the like are left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .changes import Change, Kind
from .parsed import Parsed

TIMES = ("{0} * 10", "{0} * 1000", "{0} / 1000")
TEN_TIMES = ("{0} * 10", "{0} / 10")
NEXT = ("{0} + 1",)
NO_FIGURE = ("_LETTERS", "_BYTES", "_LINES", "TRIES")  # how the names of lengths and counts of tries end
LONG = 8  # a slice that ends behind it shortens a text for people
PRODUCT = (ast.Mult, ast.Div)


def changed_numbers(parsed: Parsed) -> Iterator[Change]:
    """Each number of a module, in the ways that it can be wrong."""
    factors = _names_of_factors(parsed)
    for node in parsed.nodes():
        if not is_number(node) or _limits_words(parsed, node):
            continue
        kind, forms = _place(parsed, node, factors)
        if not ast.literal_eval(node):
            forms = NEXT  # ten times nothing is nothing
        for form in forms:
            yield Change(kind, (parsed.edit(node, f"({form.format(parsed.text(node))})"),))


def is_number(node: ast.AST) -> bool:
    """Whether a node is a number as it is written, and no bool."""
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _names_of_factors(parsed: Parsed) -> set[str]:
    products = [node for node in parsed.nodes() if isinstance(node, ast.BinOp) and isinstance(node.op, PRODUCT)]
    sides = [side for node in products for side in (node.left, node.right)]
    return {side.id for side in sides if isinstance(side, ast.Name)}


def _place(parsed: Parsed, node: ast.expr, factors: set[str]) -> tuple[Kind, tuple[str, ...]]:
    """What kind of a number it is by where it stands, and how it is changed."""
    parent = parsed.parent(node)
    if isinstance(parent, ast.UnaryOp):
        parent = parsed.parent(parent)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, PRODUCT):
        return Kind.FACTOR, TIMES
    if isinstance(parent, ast.Subscript) or _is_looped_over(parsed, parent):
        return Kind.RAIL, NEXT
    if isinstance(parent, ast.Dict) and node in parent.keys:
        return Kind.RAIL, NEXT
    if isinstance(parent, ast.keyword) and parent.arg == "step":
        return Kind.FACTOR, TIMES
    statement = _statement(parsed, node)
    in_table = isinstance(getattr(statement, "value", None), (ast.Dict, ast.Call))
    is_float = isinstance(ast.literal_eval(node), float)
    if (in_table and is_float) or _names_of(statement) & factors:
        return Kind.FACTOR, TIMES
    return Kind.OTHER, TEN_TIMES if is_float else NEXT


def _is_looped_over(parsed: Parsed, node: ast.AST) -> bool:
    if not isinstance(node, (ast.Tuple, ast.List)):
        return False
    around = parsed.parent(node)
    return isinstance(around, (ast.For, ast.comprehension)) and around.iter is node


def _statement(parsed: Parsed, node: ast.expr) -> ast.AST:
    """The statement of the module that a number belongs to: a constant, or a whole function or class."""
    *_, statement, module = [node, *parsed.around(node)]
    assert module is parsed.tree
    return statement


def _names_of(statement: ast.AST) -> set[str]:
    """The names that a statement gives to constants; none where it is a function or a class."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _limits_words(parsed: Parsed, node: ast.expr) -> bool:
    """Whether a number only says how much of a text is shown, or how often something is tried."""
    if any(name.endswith(NO_FIGURE) for name in _names_of(_statement(parsed, node))):
        return True
    return isinstance(parsed.parent(node), ast.Slice) and abs(ast.literal_eval(node)) > LONG
