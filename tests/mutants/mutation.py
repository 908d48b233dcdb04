"""All mutants of a module: its source with one thing wrong in it.

What a mutant changes is chosen to be what a meter gets wrong: units, rails, keys, files, sides of a quotient,
comparisons. A test has to fail on each; where none does, the tests do not hold that line.
"""

from __future__ import annotations

from dataclasses import dataclass

from .changed_numbers import changed_numbers
from .changed_operators import changed_operators
from .changed_texts import changed_texts
from .changes import Change, Kind
from .parsed import Parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A whole source that differs from its module in one thing; what it is, for people."""

    kind: Kind
    line: int
    before: str
    after: str
    source: str


def mutants_of(source: str) -> list[Mutant]:
    """Every mutant of a module, by line; none is the module itself, and no two are alike."""
    parsed = Parsed(source)
    changes = [*changed_numbers(parsed), *changed_texts(parsed), *changed_operators(parsed)]
    by_source: dict[str, Mutant] = {}
    for change in changes:
        mutant = _mutant(parsed, change)
        by_source.setdefault(mutant.source, mutant)
    by_source.pop(source, None)
    return sorted(by_source.values(), key=lambda mutant: mutant.line)


def _mutant(parsed: Parsed, change: Change) -> Mutant:
    return Mutant(
        kind=change.kind,
        line=parsed.line(change.edits[0]),
        before=", ".join(parsed.before(edit) for edit in change.edits),
        after=", ".join(edit.text for edit in change.edits),
        source=parsed.edited(change.edits),
    )
