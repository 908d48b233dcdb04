"""`configspec rank`: the rankings of a results file again, under other assumptions."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from configspec.errors import UsageError

Commands = argparse._SubParsersAction  # argparse has no public name for it


def add_rank(commands: Commands[argparse.ArgumentParser]) -> None:
    """The command with its options."""
    rank = commands.add_parser("rank", help="rank the configurations of a results file, under other assumptions too")
    rank.add_argument("results", type=Path, help="JSON of pytest --benchmark-json")
    rank.add_argument("--format", choices=("table", "json", "markdown"), default="table")
    rank.add_argument("--objective", action="append", choices=("goodput", "cost", "energy"), help="default: all three")
    rank.add_argument("--device", action="append", metavar="NAME", help="name or glob; repeatable")
    rank.add_argument("--family", action="append", metavar="NAME", help="name or glob; repeatable")
    rank.add_argument("--k", metavar="RANGE", help="such as 2..10, 4 or 1,2,4")
    rank.add_argument("--verify-s", type=float, metavar="S", help="seconds of a verification")
    rank.add_argument("--usd-per-million", type=float, metavar="USD", help="price of a million tokens at the verifier")
    rank.add_argument("--bills", choices=("drafted", "drafted+1"), help="tokens billed a round: K, or K + 1")
    rank.add_argument("--top", type=int, metavar="N", help="show the first N (table: 5; others: all)")
    rank.set_defaults(run=_rank)


def _rank(asked: argparse.Namespace) -> int:
    from configspec.records.results import read_results
    from configspec.reporting.prediction_section import prediction_reports, prediction_text
    from configspec.reporting.rankings import as_json, as_markdown, as_text
    from configspec.selection.query import Query, answer
    from configspec.testbed.k_range import parse_k
    from configspec.testbed.select import select_names

    _check_assumptions(asked)
    rows = read_results(asked.results)
    devices = select_names("device", _unique(row.configuration.device for row in rows), asked.device or ())
    families = select_names("family", _unique(row.configuration.family for row in rows), asked.family or ())
    question = Query(
        ks=parse_k(asked.k, where="--k") if asked.k else None,
        verify_s=asked.verify_s,
        usd_per_million_tokens=asked.usd_per_million,
        bills=asked.bills,
        **({"objectives": tuple(asked.objective)} if asked.objective else {}),
    )
    chosen = [row for row in rows if row.configuration.device in devices and row.configuration.family in families]
    rankings = answer(chosen, question)
    if not rankings:
        raise UsageError(
            f"{asked.results}: no configuration is left with --device, --family and --k as given. "
            f"It holds K {', '.join(_unique(str(row.configuration.k) for row in rows))}."
        )
    proofs = prediction_reports(chosen)
    top = asked.top or max(len(rows), 1)
    if asked.format == "json":
        from dataclasses import replace

        document = as_json(
            [replace(one, choices=one.choices[:top]) for one in rankings], question.serving(chosen[0].serving)
        )
        if proofs:
            document["prediction"] = [proof.as_json() for proof in proofs]
        print(json.dumps(document, indent=1, allow_nan=False))
    elif asked.format == "markdown":
        print(as_markdown(rankings, top), end="")
    else:
        print(as_text(rankings, asked.top or 5), end="")
        if proofs:
            print(f"\nprediction against real decoding, as recorded\n\n{prediction_text(proofs)}")
    return 0


def _check_assumptions(asked: argparse.Namespace) -> None:
    if asked.verify_s is not None and not 0 <= asked.verify_s < float("inf"):
        raise UsageError(f"--verify-s is {asked.verify_s}; it takes seconds, 0 or more.")
    if asked.usd_per_million is not None and not 0 < asked.usd_per_million < float("inf"):
        raise UsageError(f"--usd-per-million is {asked.usd_per_million}; it takes a price above 0.")
    if asked.top is not None and asked.top < 1:
        raise UsageError(f"--top is {asked.top}; it takes a whole number from 1.")


def _unique(names: object) -> list[str]:
    return list(dict.fromkeys(names))  # type: ignore[call-overload]
