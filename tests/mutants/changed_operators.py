"""Operators that are changed: sides exchanged, a conversion left out, a comparison turned round, what `adds` turned."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .changed_numbers import is_number
from .changes import Change, Kind
from .parsed import Parsed, called

TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
WRITTEN: dict[type[ast.AST], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Add: "+",
    ast.Sub: "-",
}
INSTEAD: dict[type[ast.operator], type[ast.operator]] = {
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
SINGLE = (ast.Constant, ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Tuple)  # what needs no brackets
SHOWN = {"WATTS": "JOULES", "JOULES": "WATTS"}


def changed_operators(parsed: Parsed) -> Iterator[Change]:
    """Each operator of a module, in the ways that it can be wrong."""
    for node in parsed.nodes():
        if isinstance(node, ast.BinOp):
            yield from _arithmetic(parsed, node)
        elif isinstance(node, ast.Compare):
            yield from _comparison(parsed, node)
        elif isinstance(node, ast.Name) and node.id in SHOWN:
            yield Change(Kind.FACTOR, (parsed.edit(node, SHOWN[node.id]),))
        elif called(node) == "abs":
            yield Change(Kind.FACTOR, (parsed.edit(node, f"({_arguments(parsed, node)[0]})"),))
        else:
            yield from _channels(parsed, node)
    yield from _exchanged_targets(parsed)


def _arithmetic(parsed: Parsed, node: ast.BinOp) -> Iterator[Change]:
    """Another operator; exchanged sides where that matters; one side alone, where the other one is a number."""
    if type(node.op) not in INSTEAD or _is_path(node):
        return
    left, right, written = _side(parsed, node.left), _side(parsed, node.right), WRITTEN[type(node.op)]
    made = [f"{left} {WRITTEN[INSTEAD[type(node.op)]]} {right}"]
    if isinstance(node.op, (ast.Div, ast.Sub)) and called(parsed.parent(node)) != "abs":
        made.append(f"{right} {written} {left}")
    made += [text for text, other in ((left, node.right), (right, node.left)) if is_number(other)]
    kind = Kind.FACTOR if isinstance(node.op, (ast.Mult, ast.Div)) else Kind.OTHER
    yield from (Change(kind, (parsed.edit(node, f"({text})"),)) for text in made)


def _is_path(node: ast.BinOp) -> bool:
    """Whether a `/` joins a path and no figures: something on the right is a text, or is named as a file."""
    right = node.right
    named = isinstance(right, ast.Name) and right.id in ("file", "name")
    return named or isinstance(right, ast.JoinedStr) or isinstance(getattr(right, "value", None), str)


def _side(parsed: Parsed, node: ast.expr) -> str:
    """A side of an operator. Brackets around it are no part of its node."""
    return parsed.text(node) if isinstance(node, SINGLE) else f"({parsed.text(node)})"


def _comparison(parsed: Parsed, node: ast.Compare) -> Iterator[Change]:
    """Each of its operators, turned round."""
    texts = [_side(parsed, side) for side in (node.left, *node.comparators)]
    for place in range(len(node.ops)):
        kinds = [type(one) for one in node.ops]
        kinds[place] = TURNED[kinds[place]]
        rest = [f" {WRITTEN[kind]} {text}" for kind, text in zip(kinds, texts[1:], strict=True)]
        yield Change(Kind.OTHER, (parsed.edit(node, f"({texts[0]}{''.join(rest)})"),))


def _channels(parsed: Parsed, node: ast.expr) -> Iterator[Change]:
    """What adds up does not, and the other way round; a switch of a kind of meter is the other way."""
    if called(node) == "Channel":
        name, *adds = _arguments(parsed, node)
        yield Change(Kind.RAIL, (parsed.edit(node, f"Channel({name}, not {f'({adds[0]})' if adds else True})"),))
    elif isinstance(node, ast.Attribute) and node.attr == "adds":
        yield Change(Kind.RAIL, (parsed.edit(node, f"(not {parsed.text(node)})"),))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield Change(Kind.OTHER, (parsed.edit(node, str(not node.value)),))


def _arguments(parsed: Parsed, node: ast.AST) -> list[str]:
    assert isinstance(node, ast.Call)
    return [parsed.text(one) for one in node.args]


def _exchanged_targets(parsed: Parsed) -> Iterator[Change]:
    """`a, b = ...` becomes `b, a = ...`."""
    for statement in ast.walk(parsed.tree):
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Tuple) and len(target.elts) == 2:
                one, other = target.elts
                edits = parsed.edit(one, parsed.text(other)), parsed.edit(other, parsed.text(one))
                yield Change(Kind.RAIL, edits)
