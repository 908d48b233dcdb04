"""llama-bench of llama.cpp: how fast a draft model writes (tg) and reads a prompt (pp) on a device.

    tg    n_gen tokens one after another, no prompt: taken as the drafting speed
    pp    n_prompt tokens at once: the prompt speed
    pg    both in one figure, which is neither: counted and passed over

It knows no draft, target, K or acceptance (asked for in llama.cpp #13456, #22947, and closed), and no power. Its tg
leaves out sampling, and the return to an earlier token after a rejection.

`avg_ts` is the mean over the repetitions, `stddev_ts` their standard deviation. JSON has the repetitions, so the
interval is Student's. The others do not say how many there were, so it is 2.5 deviations to either side, which holds
the mean at 95 % from three repetitions on, and what rounding to the printed digits may hide. Forms and versions:
`llama_bench_rows.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import final

from configspec.errors import UsageError, did_you_mean
from configspec.printable import printable
from configspec.records.bounds import LONGEST_S
from configspec.records.importers.imported import CONFIDENCE, Imported, ImportedSpeed, NotTaken, spread_estimate
from configspec.records.importers.importer import Option
from configspec.records.importers.llama_bench_rows import BenchRow, bench_rows, form_of
from configspec.records.importers.names import ModelText, Names
from configspec.records.importers.source_text import SourceText
from configspec.theory.figures import Estimate
from configspec.theory.ids import Drafter
from configspec.theory.student import two_sided

SPREADS = 2.5
MOST_TOKENS = 2**31
RESULTS = ("test_time", "avg_ns", "stddev_ns", "avg_ts", "stddev_ts")
KINDS = {"tg": "n_gen", "pp": "n_prompt"}  # the column that a kind of test is about
PROMPT_AND_TEXT = "of prompt and generation together (pg), which are no drafting speed"
NOTE = "llama-bench timed {n} tokens one after another at depth {depth}, without sampling and without rounds"


@final
class LlamaBench:
    """See the module."""

    name = "llama-bench"
    reads = "drafting (tg) and prompt (pp) speed, as JSON, JSONL, CSV, Markdown or SQL"
    options = frozenset[Option]({"device", "draft", "where"})
    example = "llama-bench bench.json --device orin-bench --family llama-3.1-70b --draft 1b-inst -o profile.json"

    def recognises(self, text: str) -> bool:
        """By the columns that all versions have."""
        return form_of(text) is not None

    def read(self, source: SourceText, names: Names) -> Imported:
        """A speed for each model that is named."""
        form = form_of(source.text)
        assert form is not None  # it was recognised
        given = bench_rows(source, form)
        once = list({(tuple(row.columns.items()), row.samples): row for row in given}.values())
        rows = _wanted(once, names.where)
        models = _models(rows)
        drafters = names.drafters(models)
        named = [row for row in rows if _model_text(row) in drafters]
        kinds = {kind: [row for row in named if _kind(source, row) == kind] for kind in ("tg", "pp", "pg", "none")}
        speeds, crowded = [], 0
        for text, drafter in drafters.items():
            own = {kind: [row for row in kinds[kind] if _model_text(row) == text] for kind in KINDS}
            if len(own["pp"]) > 1 and not _all_differ_in_results(own["pp"]):
                crowded += len(own["pp"])
                own["pp"] = []
            if own["tg"] or own["pp"]:
                speeds.append(_speed(source, names, drafter, own))
        remarks = [model.remark(drafters[model.text]) for model in models if model.text in drafters]
        passed_over = (
            NotTaken(count=len(kinds["pg"]), what=PROMPT_AND_TEXT),
            NotTaken(count=len(given) - len(once), what="that repeat a row, with all its figures"),
            NotTaken(count=len(kinds["none"]), what="of no prompt and no text"),
            NotTaken(count=len(rows) - len(named), what="of models that --map does not name"),
            NotTaken(count=crowded, what="of several prompt lengths or settings: choose with --where n_prompt=..."),
        )
        if not speeds:
            raise source.wrong("no row of text generation alone (tg) or of a prompt alone (pp) is left")
        return Imported(
            version=_version(rows),
            speeds=tuple(speeds),
            not_taken=tuple(one for one in passed_over if one.count),
            remarks=tuple(remarks),
        )


def _wanted(rows: Sequence[BenchRow], where: Mapping[str, str]) -> list[BenchRow]:
    """Those that `--where` leaves: a condition on n_prompt is about prompts, one on n_gen about texts."""
    columns = dict.fromkeys(column for row in rows for column in row.columns)
    for column, value in where.items():
        if column not in columns:
            raise UsageError(f"--where: no column '{printable(column)}'. {did_you_mean(column, columns)}")
        if not any(_same(row[column], value) for row in rows):
            found = sorted({printable(row[column], at_most=40) for row in rows})
            raise UsageError(f"--where {column}={printable(value)}: no row has it. There is: {', '.join(found[:20])}.")
    return [row for row in rows if all(_meets(row, *condition) for condition in where.items())]


def _meets(row: BenchRow, column: str, value: str) -> bool:
    of_another_kind = column in KINDS.values() and _same(row[column], "0")
    return of_another_kind or _same(row[column], value)


def _same(one: str, other: str) -> bool:
    words = {"true": "1", "false": "0"}
    one, other = words.get(one.lower(), one), words.get(other.lower(), other)
    try:
        return float(one) == float(other)
    except ValueError:
        return one == other


def _models(rows: Sequence[BenchRow]) -> list[ModelText]:
    found: dict[str, ModelText] = {}
    for row in rows:
        text = _model_text(row)
        path = row["model_filename"]
        file = PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
        aliases = dict.fromkeys(one for one in (path, file, row["model_type"]) if one)
        found.setdefault(text, ModelText(text=text, aliases=tuple(aliases), words=row["model_type"]))
    shared = [one.words for one in found.values()]
    return [
        one if shared.count(one.words) == 1 else ModelText(text=one.text, aliases=_without(one), words=one.words)
        for one in found.values()
    ]


def _without(model: ModelText) -> tuple[str, ...]:
    """A model's aliases without llama.cpp's words, which several models share."""
    return tuple(alias for alias in model.aliases if alias != model.words) or model.aliases


def _model_text(row: BenchRow) -> str:
    return row["model_filename"] or row["model_type"]


def _kind(source: SourceText, row: BenchRow) -> str:
    prompt, text = (
        source.number(row[column], column, row.line, most=MOST_TOKENS) > 0 for column in ("n_prompt", "n_gen")
    )
    return {(False, True): "tg", (True, False): "pp", (True, True): "pg"}.get((prompt, text), "none")


def _speed(source: SourceText, names: Names, drafter: Drafter, own: Mapping[str, Sequence[BenchRow]]) -> ImportedSpeed:
    rows = {kind: _only(source, of_kind, drafter) for kind, of_kind in own.items() if of_kind}
    figures = {kind: _estimate(source, row) for kind, row in rows.items()}
    timed = rows.get("tg") or rows["pp"]
    told = "; ".join(f"{kind}{row[KINDS[kind]]} {row['avg_ts']} tokens/s" for kind, row in rows.items())
    notes = []
    if "tg" in rows:
        notes.append(NOTE.format(n=rows["tg"]["n_gen"], depth=rows["tg"]["n_depth"] or "0"))
        if not rows["tg"].samples and not float(rows["tg"]["stddev_ts"] or 0):
            notes.append("llama-bench gives no spread of the drafting speed: how sure it is, nobody knows")
    return ImportedSpeed(
        device=names.the_device(),
        family=names.the_family(),
        drafter=drafter,
        drafting_tokens_per_s=figures.get("tg"),
        prompt_tokens_per_s=figures.get("pp"),
        hardware=printable(", ".join(filter(None, (timed["gpu_info"], timed["cpu_info"]))), at_most=200),
        source=f"{_version([timed])}: {printable(told, at_most=200)}",
        warnings=tuple(notes),
    )


def _only(source: SourceText, rows: Sequence[BenchRow], drafter: Drafter) -> BenchRow:
    if len(rows) == 1:
        return rows[0]
    varying = _varying(rows)
    chosen = [column for column in varying if column not in RESULTS] or varying
    example = f"--where {chosen[0]}={rows[0][chosen[0]]}" if chosen else "--where test_time=..."
    raise UsageError(
        f"{source.path}: {len(rows)} rows are of {drafter}, which differ in {', '.join(chosen) or 'nothing'}: a cell "
        f"has one speed. Choose, as with {printable(example, at_most=80)}"
    )


def _varying(rows: Sequence[BenchRow]) -> list[str]:
    columns = dict.fromkeys(column for row in rows for column in row.columns)
    return [column for column in columns if len({row[column] for row in rows}) > 1]


def _all_differ_in_results(rows: Sequence[BenchRow]) -> bool:
    """Whether the rows are one test done several times, which is the person's to settle."""
    return all(column in RESULTS for column in _varying(rows))


def _estimate(source: SourceText, row: BenchRow) -> Estimate:
    value = source.number(row["avg_ts"], "avg_ts", row.line, least=1 / LONGEST_S)
    if len(row.samples) > 1:
        mean, n = math.fsum(row.samples) / len(row.samples), len(row.samples)
        if not math.isclose(mean, value, rel_tol=0.02):
            raise source.wrong(f"avg_ts is {value:g}, and its samples_ts are {mean:g} on average", row.line)
        deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in row.samples) / (n - 1))
        return spread_estimate(value, two_sided(CONFIDENCE, n - 1) * deviation / math.sqrt(n), n)
    spread = source.number(row["stddev_ts"], "stddev_ts", row.line) if row["stddev_ts"] else 0.0
    return spread_estimate(value, SPREADS * (spread + _rounding(row["stddev_ts"])) + _rounding(row["avg_ts"]))


def _rounding(printed: str) -> float:
    """Half a unit of the last digit of a decimal number."""
    digits = printed.strip().partition(".")[2]
    return 0.5 * 10.0 ** -len(digits) if digits.isdigit() else 0.0


def _version(rows: Sequence[BenchRow]) -> str:
    builds = {(row["build_commit"], row["build_number"]) for row in rows}
    words = sorted(f"build {commit} ({number})" for commit, number in builds if re.fullmatch(r"\w+", commit))
    return printable(f"llama-bench {', '.join(words[:3]) or 'of an unknown build'}", at_most=120)
