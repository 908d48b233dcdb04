"""The command line: parse, call, print.

Exit codes: 0 done; 1 the answer is bad; 2 the request must change (usage, or a file that cannot be read);
3 a device or its link misbehaved.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from configspec import __version__
from configspec.errors import ConfigspecError, TestbedError, UsageError

DEFAULT_INVENTORY = Path("devices.yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    asked = parser().parse_args(arguments)
    try:
        code: int = asked.run(asked)
        sys.stdout.flush()
        return code
    except TestbedError as problem:
        return _complain(problem, 3)
    except ConfigspecError as problem:
        return _complain(problem, 2)
    except BrokenPipeError:
        sys.stderr.close()  # the reader, such as `head`, has seen enough
        return 0
    except KeyboardInterrupt:
        return 130


def _complain(problem: ConfigspecError, code: int) -> int:
    print(f"configspec: {problem}", file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(
        prog="configspec",
        description="Which draft model, quantisation and K, on which edge device, for speculative decoding. "
        "Measuring is pytest's: pytest -m hil --device NAME",
    )
    top.add_argument("--version", action="version", version=f"configspec {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add_rank(commands)
    _add_recover(commands)
    _add_models(commands)
    schema = commands.add_parser("schema", help="print the JSON Schema of devices.yaml, for editors")
    schema.set_defaults(run=_schema)
    return top


Commands = argparse._SubParsersAction  # argparse has no public name for it


def _add_rank(commands: Commands[argparse.ArgumentParser]) -> None:
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
    from configspec.inventory.lengths import parse_k
    from configspec.inventory.select import select_names
    from configspec.records.results import read_results
    from configspec.reporting.question import Question, answer
    from configspec.reporting.rankings import as_json, as_markdown, as_text

    _check_assumptions(asked)
    rows = read_results(asked.results)
    devices = select_names("device", _unique(row.configuration.device for row in rows), asked.device or ())
    families = select_names("family", _unique(row.configuration.family for row in rows), asked.family or ())
    question = Question(
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
    top = asked.top or max(len(rows), 1)
    if asked.format == "json":
        from dataclasses import replace

        document = as_json(
            [replace(one, choices=one.choices[:top]) for one in rankings], question.serving(chosen[0].serving)
        )
        print(json.dumps(document, indent=1, allow_nan=False))
    elif asked.format == "markdown":
        print(as_markdown(rankings, top), end="")
    else:
        print(as_text(rankings, asked.top or 5), end="")
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


def _add_recover(commands: Commands[argparse.ArgumentParser]) -> None:
    recover = commands.add_parser("recover", help="make a results file of the journal of a run that was killed")
    recover.add_argument("journal", type=Path, help="a file of .configspec/journal")
    recover.add_argument("-o", "--output", type=Path, required=True, help="the results file to write")
    recover.set_defaults(run=_recover)


def _recover(asked: argparse.Namespace) -> int:
    from configspec.records.journal import recover

    document, unread = recover(asked.journal)
    try:
        with asked.output.open("x", encoding="utf-8") as out:
            json.dump(document, out, indent=1)
    except FileExistsError:
        raise UsageError(f"{asked.output}: is there already. Choose another name with -o.") from None
    except OSError as problem:
        raise UsageError(f"{asked.output}: cannot be written: {problem.strerror}.") from problem
    cut = f"; {unread} line that was cut short is left out" if unread else ""
    print(f"{len(document['benchmarks'])} rows recovered into {asked.output}{cut}")
    return 0


def _add_models(commands: Commands[argparse.ArgumentParser]) -> None:
    models = commands.add_parser("models", help="the draft models' files")
    kinds = models.add_subparsers(metavar="COMMAND", required=True)
    build = kinds.add_parser("build", help="convert and quantise every draft of the inventory into the cache")
    build.add_argument("--inventory", type=Path, default=DEFAULT_INVENTORY, metavar="FILE")
    build.add_argument("--family", action="append", metavar="NAME", help="name or glob; repeatable")
    build.set_defaults(run=_build_models)


def _build_models(asked: argparse.Namespace) -> int:
    from configspec.families.build import ensure_family
    from configspec.families.store import Store, default_root
    from configspec.inventory.read import read_inventory
    from configspec.inventory.select import select_names

    inventory = read_inventory(asked.inventory)
    store = Store(default_root())
    for name in select_names("family", list(inventory.families), asked.family or ()):
        family = inventory.families[name]
        count = len(family.drafts) * len(family.quants)
        for number, built in enumerate(ensure_family(family, store, lambda text: print(f"  {text}", flush=True)), 1):
            size = f"{built.size_bytes / 1e6:.2f} MB"
            print(f"{name} [{number}/{count}] {built.draft} {built.quant}: {size} {built.path}", flush=True)
    return 0


def _schema(_: argparse.Namespace) -> int:
    from configspec.inventory.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
