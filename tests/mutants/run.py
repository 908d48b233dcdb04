"""Puts mistakes into the power meters, one at a time, and sees whether their tests notice.

    python tests/mutants/run.py [METER ...] [--strict] [--json FILE]

A meter is one of those that `power.meter` knows, or `kernel_files` or `json_values`, which several share; without one,
all are tried. Each mutant is run against the meter's own tests and the contract tests, in a copy of the package below a
temporary folder.

Exit status 1: a wrong unit (factor) or another rail was not noticed; with --strict, anything was not. 2: a word is
wrong, or the tests do not pass without a mistake. Other mistakes that were not noticed are listed, with status 0.

About 1250 mutants, which take five to ten minutes on one processor.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the modules beside this one are tests.mutants.*

from configspec.agent.power.meter import did_you_mean
from configspec.agent.power.registry import METERS
from tests.mutants.changes import Kind
from tests.mutants.findings import Finding, as_json, as_text
from tests.mutants.mutation import mutants_of
from tests.mutants.trial import Subject, Trial, subjects

FIRST_S = 300.0  # what the tests of a meter may take as they are
AT_LEAST_S, TIMES_LONGER = 20.0, 5.0  # a mutant may take so long before it counts as noticed


def main(words: Sequence[str]) -> int:
    """Try what is asked for, print what survived, and return the exit status."""
    known = subjects([kind.name for kind in METERS])
    asked = _asked(words, list(known))
    findings = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trial = Trial(Path(folder))
        for name in asked.meter or known:
            finding = _tried(trial, known[name])
            if finding is None:
                print(f"{name}: its tests do not pass as it is", file=sys.stderr)
                return 2
            print(as_text(finding), flush=True)
            findings.append(finding)
    if asked.json:
        asked.json.write_text(json.dumps([as_json(one) for one in findings], indent=1) + "\n", encoding="utf-8")
    grave = list(Kind) if asked.strict else [Kind.FACTOR, Kind.RAIL]
    return int(any(mutant.kind in grave for one in findings for mutant in one.survivors))


def _asked(words: Sequence[str], known: Sequence[str]) -> argparse.Namespace:
    """What the words ask for; the program ends here where one is wrong."""
    parser = argparse.ArgumentParser(description="Puts mistakes into the power meters, and sees whether tests notice.")
    parser.add_argument("meter", nargs="*", metavar="METER", help=f"one of {', '.join(known)}")
    parser.add_argument("--strict", action="store_true", help="every mistake that is not noticed is a failure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there too")
    asked = parser.parse_args(words)
    for name in asked.meter:
        if name not in known:
            parser.error(f"there is nothing named {name!r}. {did_you_mean(name, known)}")
    if asked.json and not asked.json.parent.is_dir():
        parser.error(f"--json {asked.json}: there is no folder {asked.json.parent}")
    return asked


def _tried(trial: Trial, subject: Subject) -> Finding | None:
    """What became of the mutants of a module; None where its tests do not pass without a mistake."""
    normal_s = trial.time_s(subject, FIRST_S)
    if normal_s is None:
        return None
    timeout_s = max(AT_LEAST_S, normal_s * TIMES_LONGER)
    mutants = mutants_of(trial.source(subject))
    survivors = tuple(mutant for mutant in mutants if trial.passes(subject, mutant.source, timeout_s))
    trial.restore(subject)
    return Finding(subject=subject, mutants=tuple(mutants), survivors=survivors)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
