"""`configspec import`: figures that other tools have printed, into a profile file, and from there into the rankings."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from configspec.cli.command import Commands, add_command
from configspec.cli.inputs import check_no_input
from configspec.cli.left_out import strict_code, tell_implausible
from configspec.cli.output import complain, say
from configspec.errors import RecordError, UsageError
from configspec.records.importers.importer import Importer, Option
from configspec.records.importers.registry import IMPORTERS
from configspec.theory.serving.assumptions import LEAST_USD, MOST_USD
from configspec.theory.serving.billing import OF_ONE_PRICE

if TYPE_CHECKING:
    from configspec.records.importers.imported import Imported
    from configspec.records.importers.into_profile import Changes, Labels, Object
    from configspec.records.importers.names import Names
    from configspec.records.profile_file import ProfileFile
    from configspec.theory.figures import Estimate
    from configspec.theory.plausibility.rule import Finding

PURPOSE = "figures of other tools into a profile file that ranks beside measured rows"
DESCRIPTION = (
    "Read {reads}. The figures go into a profile file, labelled as derived, cell by cell; existing figures are "
    "never overwritten without --replace. --results makes a results file from it, for configspec rank and merge. "
    "docs/importing.md says what each figure is taken for."
)
HELP: dict[Option, tuple[str, str, str]] = {
    "device": ("--device", "NAME", "your testbed's name for the device that ran it"),
    "k": ("--k", "K", "tokens drafted per round, if the file does not say"),
    "concurrency": ("--concurrency", "N", "the concurrency whose times count, if the file has several"),
    "acceptance-length": (
        "--acceptance-length",
        "AL",
        "tokens per round, with the bonus token, if the file does not say",
    ),
}


def add_import(commands: Commands[argparse.ArgumentParser]) -> None:
    """A command for each tool that is listed."""
    example = "\n".join(f"configspec import {one.example}" for one in IMPORTERS)
    group = add_command(commands, "import", f"read {PURPOSE}", f"Read {PURPOSE}.", example)
    tools = group.add_subparsers(metavar="TOOL", required=True)
    for importer in IMPORTERS:
        _add_tool(tools, importer)


def _add_tool(tools: Commands[argparse.ArgumentParser], importer: Importer) -> None:
    example = f"configspec import {importer.example}"
    command = add_command(tools, importer.name, importer.reads, DESCRIPTION.format(reads=importer.reads), example)
    command.add_argument("files", type=Path, nargs="+", metavar="FILE", help="the tool's output")
    command.add_argument(
        "-o", "--output", type=Path, required=True, metavar="PROFILE", help="the profile file to make or add to"
    )
    command.add_argument(
        "--results", type=Path, metavar="RESULTS", help="also make a results file of the whole profile"
    )
    command.add_argument("--replace", action="store_true", help="overwrite existing figures")
    command.add_argument(
        "--strict", action="store_true", help="exit code 1 if a figure of the profile is hardly plausible"
    )
    command.add_argument("--family", metavar="NAME", help="the family that the figures belong to")
    command.add_argument("--target", metavar="NAME", help="the family's target, in words")
    command.add_argument(
        "--source", metavar="TEXT", help="where the figures are from; default: the tool and its version"
    )
    command.add_argument("--license", metavar="TEXT", help="the licence of the figures; default: not stated")
    command.set_defaults(
        run=partial(_import, importer), **dict.fromkeys(("device", "draft", "quant", "k", "concurrency"))
    )
    command.set_defaults(map=[], where=[], acceptance_length=None, usd_per_million=None, bills=None)
    for option in get_args(Option):
        if option in importer.options:
            _add_option(command, option)


def _add_option(command: argparse.ArgumentParser, option: Option) -> None:
    if option == "draft":
        command.add_argument("--draft", metavar="NAME", help="your family's name for the draft model")
        command.add_argument(
            "--quant", metavar="QUANT", help="its quantisation; default: as the file states it, if it does"
        )
        command.add_argument(
            "--map",
            action="append",
            metavar="TEXT=DRAFT:QUANT",
            help="your names for a model of the file, if there are several; repeatable",
        )
    elif option == "where":
        command.add_argument(
            "--where",
            action="append",
            metavar="COLUMN=VALUE",
            help="take only rows, or labels of /metrics, with this value; repeatable",
        )
    elif option == "price":
        command.add_argument(
            "--usd-per-million", type=float, metavar="USD", help="price of a million tokens at the verifier"
        )
        command.add_argument("--bills", choices=OF_ONE_PRICE, help="tokens billed per round: K, or K + 1")
    else:
        name, shown, words = HELP[option]
        kind = {"device": str, "acceptance-length": float}.get(option, int)
        command.add_argument(name, type=kind, metavar=shown, help=words)


def _import(importer: Importer, asked: argparse.Namespace) -> int:
    from configspec.records.importers.into_profile import checked_document, put_in, read_document
    from configspec.records.importers.registry import imported
    from configspec.records.importers.source_text import read_source
    from configspec.records.results_file import check_results_can_be_written

    names, labels = _names(asked), _labels(asked)
    for path in filter(None, (asked.output, asked.results)):
        check_no_input(path, asked.files)
        check_results_can_be_written(path)
    if asked.results is not None and asked.results.resolve() == asked.output.resolve():
        raise UsageError(
            f"{asked.results}: --results and -o name one file: the results would take the profile's place."
        )
    document = read_document(asked.output)
    each = [imported(importer, read_source(path), names) for path in asked.files]
    whole, changes = put_in(asked.output, document, each, labels)
    _write(asked.output, whole)
    for path, one in zip(asked.files, each, strict=True):
        _tell(path, one)
    _tell_changes(asked.output, changes)
    profile = checked_document(asked.output, whole)
    _tell_lacking(profile)
    doubts = _doubts(profile)
    tell_implausible(doubts)
    if asked.results is not None:
        from configspec.cli.import_results import write_rows

        write_rows(asked.output, asked.results)
    return strict_code(doubts, strict=asked.strict)


def _names(asked: argparse.Namespace) -> Names:
    from configspec.records.importers.names import Names, check_k, check_said, parse_map, parse_where

    check_said(device=asked.device, family=asked.family, draft=asked.draft, quant=asked.quant)
    check_k(asked.k)
    if asked.map and (asked.draft or asked.quant):
        raise UsageError("--map says what each model is called; --draft and --quant go without it.")
    for name, value in (("--concurrency", asked.concurrency), ("--acceptance-length", asked.acceptance_length)):
        if value is not None and not (math.isfinite(value) and value >= 1):
            raise UsageError(f"{name} is {value}; it takes a number from 1.")
    return Names(
        device=asked.device,
        family=asked.family,
        draft=asked.draft,
        quant=asked.quant,
        models=parse_map(asked.map),
        k=asked.k,
        where=parse_where(asked.where),
        concurrency=asked.concurrency,
        acceptance_length=asked.acceptance_length,
    )


def _labels(asked: argparse.Namespace) -> Labels:
    from configspec.records.bounds import encodable
    from configspec.records.importers.into_profile import TEXT_LETTERS, Labels

    price = asked.usd_per_million
    if price is not None and not LEAST_USD <= price <= MOST_USD:
        raise UsageError(f"--usd-per-million is {price}; it takes a price from {LEAST_USD:g} to {MOST_USD:g}.")
    for name in ("source", "license", "target"):
        text = getattr(asked, name)
        if text is not None and not (0 < len(text) <= TEXT_LETTERS and encodable(text)):
            raise UsageError(f"--{name} takes a text of 1 to {TEXT_LETTERS:,} letters.")
    return Labels(
        source=asked.source,
        license=asked.license,
        target=asked.target,
        usd_per_million_tokens=price,
        bills=asked.bills,
        replace=asked.replace,
    )


def _write(path: Path, document: Object) -> None:
    import json
    import os

    from configspec.atomic import write_whole

    try:
        content = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
        write_whole(Path(os.path.realpath(path)), content.encode())
    except OSError as problem:
        raise RecordError(f"{path}: cannot be written: {problem.strerror}.") from problem


def _tell(path: Path, one: Imported) -> None:
    say(f"{path}: {one.version}")
    for line in _figures(one):
        say(f"  {line}")
    for remark in one.remarks:
        say(f"  {remark}")
    for passed_over in one.not_taken:
        entries = "1 entry" if passed_over.count == 1 else f"{passed_over.count} entries"
        complain(f"{path}: not taken: {entries} {passed_over.what}")
    warnings = dict.fromkeys(warning for time in one.verification for warning in time.warnings)
    for warning in warnings:
        complain(f"{path}: {warning}")


def _figures(one: Imported) -> Iterator[str]:
    for speed in one.speeds:
        figures = {
            "drafting {} tokens/s": speed.drafting_tokens_per_s,
            "prompt {} tokens/s": speed.prompt_tokens_per_s,
            "{} W": speed.power_w,
        }
        shown = ", ".join(words.format(_shown(figure)) for words, figure in figures.items() if figure is not None)
        yield f"{speed.device}: {speed.family} {speed.drafter}: {shown}"
    for row in one.acceptance:
        length = 1 + row.k * row.rate.value
        yield f"{row.family} {row.drafter} K={row.k}: acceptance rate {_shown(row.rate)}, AL {length:.3g}"
    for time in one.verification:
        yield f"{time.family} K={time.k}: verification {time.seconds:.4g} s ({time.source})"


def _shown(estimate: Estimate) -> str:
    if estimate.low == estimate.high:
        return f"{estimate.value:.4g}"
    return f"{estimate.value:.4g} ({estimate.low:.4g} to {estimate.high:.4g})"


def _tell_changes(path: Path, changes: Changes) -> None:
    parts = [f"{changes.new} new", f"{changes.replaced} replaced", f"{changes.unchanged} as they were"]
    shown = [part for part in parts if not part.startswith("0 ")]
    say(f"{path}: figures {', '.join(shown)}")


def _doubts(profile: ProfileFile) -> tuple[Finding, ...]:
    """What is hardly plausible of the whole profile: of what ranks."""
    from configspec.theory.plausibility.registry import findings
    from configspec.theory.plausibility.rule import Subject
    from configspec.theory.serving.assumptions import Serving

    return findings(
        Subject(configuration=one, serving=profile.serving.get(one.family, Serving()))
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
    )


def _tell_lacking(profile: ProfileFile) -> None:
    """What keeps cells from being ranked, and acceptance that no device has a speed for."""
    from configspec.count_words import count_words

    lacking = [one for cells in profile.cells.values() for one in cells if one.lacks]
    for one in lacking[:10]:
        say(f"  {one.cell} does not rank yet: {'; '.join(one.lacks)}")
    if len(lacking) > 10:
        verb = "does" if len(lacking) == 11 else "do"
        say(f"  and {count_words(len(lacking) - 10, 'more cell')} {verb} not rank yet")
    if not profile.cells:
        say("  no device has a speed yet, so nothing ranks")
