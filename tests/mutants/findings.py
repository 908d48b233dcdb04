"""What became of the mutants of a module: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .changes import Kind
from .mutation import Mutant
from .trial import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A module's mutants, and those of them that no test noticed."""

    subject: Subject
    mutants: tuple[Mutant, ...]
    survivors: tuple[Mutant, ...]


def as_text(finding: Finding) -> str:
    """A line of counts, and a line for each survivor: where, and what was changed."""
    counts = ", ".join(f"{kind.value} {_died(finding, kind)} of {_count(finding.mutants, kind)}" for kind in Kind)
    died = len(finding.mutants) - len(finding.survivors)
    lines = [f"{finding.subject.name}: {died} of {len(finding.mutants)} were noticed ({counts})"]
    for one in finding.survivors:
        lines.append(f"  {finding.subject.module}:{one.line}: {one.kind.value}: {one.before} -> {one.after}")
    return "\n".join(lines)


def as_json(finding: Finding) -> dict[str, object]:
    """The same as plain values."""
    return {
        "name": finding.subject.name,
        "module": finding.subject.module,
        "mutants": {kind.value: _count(finding.mutants, kind) for kind in Kind},
        "noticed": {kind.value: _died(finding, kind) for kind in Kind},
        "survivors": [
            {"line": one.line, "kind": one.kind.value, "before": one.before, "after": one.after}
            for one in finding.survivors
        ],
    }


def _count(mutants: Sequence[Mutant], kind: Kind) -> int:
    return sum(mutant.kind is kind for mutant in mutants)


def _died(finding: Finding, kind: Kind) -> int:
    return _count(finding.mutants, kind) - _count(finding.survivors, kind)
