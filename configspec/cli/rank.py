"""`configspec rank`: the rankings of a file of rows again, under other assumptions."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from configspec.cli.assumed_options import add_assumed, check_assumed, read_assumed
from configspec.cli.collection import without_collection
from configspec.cli.command import Commands, add_command
from configspec.cli.left_out import add_strict, answer_code, begin_list, tell_apart, tell_left_out
from configspec.cli.objective_option import add_objective, asked_objectives
from configspec.cli.output import say_document, say_pieces, say_text
from configspec.cli.rank_by import say_by_category
from configspec.cli.recorded_rows import add_fill
from configspec.errors import UsageError
from configspec.printable import printable
from configspec.theory.objectives.objective import Objective

if TYPE_CHECKING:
    from configspec.reporting.launch_section import Launch
    from configspec.reporting.ranking_baselines import Alone
    from configspec.reporting.rows_to_rank import RankedRow
    from configspec.selection.query import Query
    from configspec.selection.ranking import Ranking
    from configspec.targets.server.llama_server_flags import Spelling

TOP_OF_A_TABLE = 5
MOST_OF_A_TABLE = 1_000_000


def add_rank(commands: Commands[argparse.ArgumentParser], objectives: Sequence[Objective]) -> None:
    """The command with its options; it ranks by each of `objectives`."""
    rank = add_command(
        commands,
        "rank",
        "rank the configurations of a results file, also under other assumptions",
        "Show what was measured for each cell (drafting speed, acceptance, power), rank the configurations of a "
        "results file or a journal by each objective, and show which of them are statistically tied with the best. "
        "Latency, price and billing are applied after measuring, so you can assume others without touching a device.",
        "configspec rank results.json\n"
        "configspec rank results.json --verify-s 0.2 --usd-per-million 0.59 --k 2..10\n"
        "configspec rank results.json --device rpi5 --objective goodput --format json\n"
        "configspec rank results.json --by category --top 3\n"
        "configspec rank results.json --k 1..16 --fill",
    )
    rank.add_argument("results", type=Path, help="a results file (pytest --benchmark-json), or a journal")
    rank.add_argument("--format", choices=("table", "json", "markdown"), default="table", help="default: table")
    add_objective(rank, objectives)
    rank.add_argument("--device", action="append", metavar="NAME", help="name or glob; repeatable")
    rank.add_argument("--family", action="append", metavar="NAME", help="name or glob; repeatable")
    rank.add_argument("--k", metavar="RANGE", help="such as 2..10, 4 or 1,2,4")
    rank.add_argument(
        "--allow-throttled", action="store_true", help="also rank what was measured while the device throttled"
    )
    add_fill(rank)
    rank.add_argument("--top", type=int, metavar="N", help=f"show the first N (table: {TOP_OF_A_TABLE}; others: all)")
    rank.add_argument("--launch", action="store_true", help="also print how to serve the best: llama-server, vLLM")
    rank.add_argument("--by", choices=("category",), help="rank over the prompts of each category separately")
    add_strict(rank)
    add_assumed(rank)
    rank.set_defaults(run=partial(_rank, objectives))


@without_collection()
def _rank(objectives: Sequence[Objective], asked: argparse.Namespace) -> int:
    from configspec.records.reader import read_each
    from configspec.reporting.filled_rows import answer_of, none_left
    from configspec.reporting.plausibility import flagged, implausible
    from configspec.reporting.plausibility_section import SHOWN, findings_json, plausibility_section
    from configspec.reporting.prediction_section import prediction_reports
    from configspec.reporting.rows_to_rank import check_setups, last_of_each, ranked_row
    from configspec.testbed.k_range import check_held

    _check_top(asked)
    query = _query(objectives, asked)
    left_out = begin_list(strict=asked.strict)
    rows = last_of_each(read_each(asked.results, ranked_row(), left_out), asked.results, left_out)
    tell_left_out(left_out, chooses=True)
    check_setups(rows, asked.results)
    chosen = _chosen(rows, asked)
    if asked.k is not None and not asked.fill:
        check_held(asked.k, (row.id.k for row in chosen), where=f"{asked.results}: --k")
    check_assumed(query.assumed, (row.serving for row in chosen))
    tell_apart(chosen, query)
    doubts = implausible(chosen)
    chosen = flagged(chosen, doubts)
    rankings = answer_of(chosen, query, rows)
    if not rankings:
        raise UsageError(
            f"{asked.results}: no configuration is left with --device, --family and --k as given. "
            f"It holds K {', '.join(map(str, sorted({row.id.k for row in rows})))}.{none_left(chosen, query, rows)}"
        )
    if asked.by == "category":
        top = query.rules.top
        say_by_category(chosen, query, left_out, doubts, file=asked.results, form=asked.format, top=top)
        return answer_code(left_out, doubts, strict=asked.strict)
    from configspec.reporting.positions import Positions
    from configspec.reporting.profile_cells import family_profiles
    from configspec.reporting.ranking_baselines import alone_of

    profiles, positions = family_profiles(chosen, query), Positions(asked.results)
    if asked.format == "json":
        from configspec.reporting.json_text import json_pieces
        from configspec.reporting.launch_section import launches_json
        from configspec.reporting.profile_json import profiles_json

        more: dict[str, object] = {"launch": launches_json(*_launches(rankings, chosen))} if asked.launch else {}
        more |= {"left_out": left_out.as_json(), "plausibility": findings_json(doubts)}
        document = _json(rankings, query, chosen, alone_of(profiles))
        say_pieces(json_pieces({**document, **profiles_json(profiles, positions), **more}))
        return answer_code(left_out, doubts, strict=asked.strict)
    from configspec.reporting.launch_section import launch_section
    from configspec.reporting.markdown import as_markdown
    from configspec.reporting.profile_section import MOST_CELLS, profile_section
    from configspec.reporting.run_document import ranking_document

    as_table = asked.format == "table"
    top = asked.top or (TOP_OF_A_TABLE if as_table else len(chosen))
    # A table is for a person, who has just been told of it on stderr.
    launch = launch_section(*_launches(rankings, chosen)) if asked.launch else None
    most = max(MOST_CELLS, top)  # of the cells: no fewer than of a ranking
    words = ranking_document(
        rankings,
        top,
        prediction_reports(chosen),
        None if as_table else left_out,
        launch,
        profile_section(profiles, positions, most),
        alone_of(profiles),
        plausibility_section(doubts, SHOWN if as_table else None),
    )
    if as_table:
        say_document(words)
    else:
        say_text(as_markdown(words))
    return answer_code(left_out, doubts, strict=asked.strict)


def _query(objectives: Sequence[Objective], asked: argparse.Namespace) -> Query:
    from configspec.selection.query import Query
    from configspec.selection.ranking import DEFAULT_RULES
    from configspec.testbed.k_range import parse_k

    top = asked.top or (TOP_OF_A_TABLE if asked.format == "table" else None)
    return Query(
        objectives=asked_objectives(asked, objectives),
        ks=None if asked.k is None else parse_k(asked.k, where="--k"),
        assumed=read_assumed(asked),
        fill=asked.fill,
        rules=replace(DEFAULT_RULES, top=top, allow_throttled=asked.allow_throttled),
    )


def _chosen(rows: Sequence[RankedRow], asked: argparse.Namespace) -> list[RankedRow]:
    """The rows of the devices and families that are asked for."""
    if not asked.device and not asked.family:
        return list(rows)
    from configspec.testbed.select import select_names

    devices = select_names("device", _unique(row.device for row in rows), asked.device or ())
    families = select_names("family", _unique(row.family for row in rows), asked.family or ())
    return [row for row in rows if row.device in devices and row.family in families]


def _json(rankings: Sequence[Ranking], query: Query, rows: Sequence[RankedRow], alone: Alone) -> dict[str, object]:
    from configspec.reporting.json_document import as_json
    from configspec.reporting.prediction_section import prediction_reports

    document = as_json(rankings, query.serving(rows[0].serving), alone)
    reports = prediction_reports(rows)
    return {**document, "prediction": [report.as_json() for report in reports]} if reports else document


def _launches(rankings: Sequence[Ranking], rows: Sequence[RankedRow]) -> tuple[tuple[Launch, ...], Spelling | None]:
    """How the best are served, and how the llama-server of this host is told, if there is one."""
    from configspec.reporting.launch_section import launches
    from configspec.targets.server.llama_server_flags import installed_spelling

    return launches(rankings, ((row.id, row.parts) for row in rows)), installed_spelling()


def _check_top(asked: argparse.Namespace) -> None:
    if asked.fill and asked.by is not None:
        raise UsageError("--fill models acceptance over all prompts, not by category. Leave out --by or --fill.")
    if asked.top is not None and not 1 <= asked.top <= MOST_OF_A_TABLE:
        raise UsageError(f"--top is {printable(str(asked.top), at_most=40)}; it takes 1 to {MOST_OF_A_TABLE}.")


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
