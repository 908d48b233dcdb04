"""Texts that are changed: a name of a rail, a key or a file for another one of the same module, or for one of nothing.

A text with a blank in it is a sentence, and left alone; so is an address. In templates and patterns single words are
exchanged, such as `in` for `curr` in `in{number}_input`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise

from .changes import Change, Kind
from .parsed import Parsed, called

PAIRS = (
    ("in", "curr"),
    ("volts", "amps"),
    ("volt", "current"),
    ("voltage", "current"),
    ("power", "current"),
    ("power", "energy"),
    ("act", "aprt"),
    ("apower", "current"),
    ("Power", "ApparentPower"),
)
CODECS = ("utf-8", "ascii", "replace")
PATTERN = re.compile(r"\(\?|\\[a-zA-Z]")  # what only regular expressions have
WORD = re.compile(r"[A-Za-z]+")
ENDS = re.compile(r"""("{3}|'{3}|"|')\Z""")
FACTS = ("MeterFacts", "MeterKind")
Text = ast.Constant | ast.JoinedStr


def changed_texts(parsed: Parsed) -> Iterator[Change]:
    """Each name, key and template of a module: exchanged for its like, and for what is not there."""
    names = [node for node in parsed.nodes() if isinstance(node, Text) and is_name(node)]
    for node in names:
        kind = Kind.OTHER if _says_of_itself(parsed, node) else Kind.RAIL
        for text in _instead(parsed, node, names):
            yield Change(kind, (parsed.edit(node, text),))
    for other in parsed.nodes():
        if isinstance(other, ast.Dict):
            yield from _keys_exchanged(parsed, other)
        elif isinstance(other, ast.Constant) and isinstance(other.value, str) and PATTERN.search(other.value):
            made = _words_exchanged(parsed.text(other), both=True)
            yield from (Change(Kind.RAIL, (parsed.edit(other, text),)) for text in made)


def is_name(node: Text) -> bool:
    """Whether a text is a name, a key or a path: it has letters, no blank, and is no address, codec or pattern."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    constant = [str(part.value) for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    whole = "".join(constant)
    plain = re.search(r"[A-Za-z]", whole) or len(parts) > 1
    return bool(plain) and not (re.search(r"\s", whole) or "://" in whole or whole in CODECS or PATTERN.search(whole))


def _instead(parsed: Parsed, node: Text, names: Sequence[Text]) -> Iterator[str]:
    """Other texts for one: its next like in the module, with words exchanged, and a name of nothing."""
    own = parsed.text(node)
    made = [*_like(parsed, node, names), *_words_exchanged(own), ENDS.sub(r"_\1", own)]
    yield from dict.fromkeys(text for text in made if text != own)


def _like(parsed: Parsed, node: Text, names: Sequence[Text]) -> Iterator[str]:
    """The next text that is used in the same way and is another one; the first one after the last."""
    place = names.index(node)
    for other in [*names[place + 1 :], *names[:place]]:
        if _use(parsed, other) == _use(parsed, node) and parsed.text(other) != parsed.text(node):
            yield parsed.text(other)
            return


def _use(parsed: Parsed, node: Text) -> tuple[str, object]:
    """How a text is used; texts of one use could be mistaken for one another."""
    parent = parsed.parent(node)
    if isinstance(parent, ast.BinOp):
        return "path", None
    if isinstance(parent, ast.Call):
        return "argument", called(parent)
    if isinstance(parent, ast.Subscript):
        return "key", None
    if isinstance(parent, ast.Compare):
        return "compared", None
    if isinstance(parent, (ast.Tuple, ast.List, ast.Set)):
        return "listed", parent
    return "alone", node


def _words_exchanged(text: str, *, both: bool = False) -> Iterator[str]:
    """A text with the words of a pair exchanged, wherever they stand; `both`: only where it has both of them."""
    words = set(WORD.findall(text))
    for pair in PAIRS:
        if words >= set(pair) if both else words & set(pair):
            to = dict(zip(pair, reversed(pair), strict=True))
            yield WORD.sub(partial(_exchanged, to), text)


def _exchanged(to: Mapping[str, str], found: re.Match[str]) -> str:
    return to.get(found[0], found[0])


def _keys_exchanged(parsed: Parsed, table: ast.Dict) -> Iterator[Change]:
    """Keys of a table, each with the next one's value and the other way round, where the values differ."""
    items = [(key, value) for key, value in zip(table.keys, table.values, strict=True) if key is not None]
    for (one, its), (other, others) in pairwise(items):
        if ast.dump(its) != ast.dump(others):
            yield Change(Kind.RAIL, (parsed.edit(one, parsed.text(other)), parsed.edit(other, parsed.text(one))))


def _says_of_itself(parsed: Parsed, node: Text) -> bool:
    """Whether a text is a word of what a meter says of itself, and no name of what is read."""
    return any(called(around) in FACTS for around in parsed.around(node))
