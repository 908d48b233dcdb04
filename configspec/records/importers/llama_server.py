"""llama-server of llama.cpp: acceptance, as its log, `/metrics` and the timings of its responses print it.

    log        "draft acceptance rate = 0.57576 (  171 accepted /   297 generated)"              2024 to spring of 2026
               "draft acceptance = 0.63421 ( 2091 accepted /  3297 generated)"                   spring of 2026
               "draft acceptance = 0.67281 (  146 accepted /   217 generated), mean len =  2.34"     since then; with
               trace messages also "     acc per pos = (0.858, 0.514)"
               "..., mean acceptance length =  2.24, acceptance rate per position = (0.727, 0.513)"    summer of 2026
               "statistics draft: #calls = 10, #gen drafts = 10, #acc drafts = 10, #gen tokens = 110, #acc tokens = 98"
    /metrics   llamacpp:spec_decode_num_drafts_total, _draft_tokens_, _accepted_tokens_, _accepted_tokens_per_pos_
    responses  "timings": {"predicted_n": 42, "draft_n": 514, "draft_n_accepted": 365}: JSON, or JSON Lines

"accepted" is without the bonus token, and ends at the first wrong token; the mean length has the bonus token. How many
rounds there were follows from the length, or from the tokens of the text ("eval time = ... / 3191 tokens",
`predicted_n`): its first comes from the prompt, and each round yields its accepted ones and one more, so there were
predicted - accepted - 1. K (`--draft-max`, `--spec-draft-n-max`) is not printed: `--k` says it, where it is neither the
number of positions nor what every round drafted. Rounds are shorter than K where the draft was unsure (`--draft-p-min`,
whose default was 0.75 for long, and is 0 in 2026).

https://github.com/ggml-org/llama.cpp/blob/master/tools/server/server-context.cpp
https://github.com/ggml-org/llama.cpp/blob/master/docs/speculative.md
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

from configspec.errors import UsageError
from configspec.records.importers.acceptance import Counts, acceptance_rows, check_counts, check_positions, summed
from configspec.records.importers.imported import Imported, NotTaken
from configspec.records.importers.importer import Option
from configspec.records.importers.names import Names
from configspec.records.importers.prometheus import known_k, spec_decode_counts
from configspec.records.importers.source_text import SourceText, as_text, fields_of

PROMETHEUS = "llamacpp:spec_decode_"
NESTED = 6  # levels of JSON within which timings are looked for
SEVERAL = "several ways of drafting took part ({names}), and acceptance is of all of them together"
UNKNOWN_ROUNDS = (
    "how many rounds there were is not printed; each is taken to have drafted K tokens, so shorter ones make the rate "
    "of a round of K too high"
)
_REQUEST = re.compile(
    r"draft acceptance(?: rate)? = *(?P<rate>\S+) \( *(?P<accepted>\S+) accepted / *(?P<drafted>\S+) generated\)"
)
_LENGTH = re.compile(r"mean (?:acceptance length|len) = *([^,\s]+)")
_EVALUATED = re.compile(r"(?<!prompt )\beval time = *\S+ ms / *(?P<tokens>\d{1,15}) (?:tokens|runs)")
_POSITIONS = re.compile(r"(?:acceptance rate per position|acc per pos) = \(([^)]*)\)")
_STATISTICS = re.compile(r"statistics +(?P<name>[\w-]+): #calls")
_DRAFTS = re.compile(r"#gen drafts = *(\d{1,15}),")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    line: int | None
    accepted: float
    drafted: float
    length: float | None = None
    positions: tuple[float, ...] = ()
    tokens: float | None = None  # of the text

    @property
    def rounds(self) -> float | None:
        """As the text's tokens tell them; None where nobody counted those."""
        rounds = None if self.tokens is None else self.tokens - self.accepted - 1
        return rounds if rounds is not None and rounds > 0 else None


@final
class LlamaServer:
    """See the module."""

    name = "llama-server"
    reads = "acceptance, from its log, /metrics, or the timings of its responses"
    options = frozenset[Option]({"draft", "k", "where"})
    example = "llama-server server.log --family llama-3.1-70b --draft 1b-inst --quant Q4_K_M --k 8 -o profile.json"

    def recognises(self, text: str) -> bool:
        """By the words that stand before its figures."""
        return PROMETHEUS in text or '"draft_n' in text or _REQUEST.search(text) is not None

    def read(self, source: SourceText, names: Names) -> Imported:
        """A row for K, and one for each smaller K where positions are printed."""
        if PROMETHEUS in source.text:
            counts = spec_decode_counts(source, "llamacpp", names.where, names.k)
            return _imported(source, names, counts, "llama-server, /metrics", ("counted since the server was started",))
        if names.where:
            raise UsageError(f"{source.path}: --where chooses among the labels of /metrics, and this is no such page.")
        return _of_log(source, names) if _REQUEST.search(source.text) else _of_timings(source, names)


def _of_log(source: SourceText, names: Names) -> Imported:
    requests = [one for one in _requests(source) if one.drafted]
    if not requests:
        raise source.wrong("nothing was drafted, so nothing can be said of acceptance")
    if len({len(one.positions) for one in requests}) > 1:
        requests = [replace(one, positions=()) for one in requests]
    drafters = _drafters(source)
    several = (SEVERAL.format(names=", ".join(drafters)),) if len(drafters) > 1 else ()
    remark = "'accepted' of this file is without the bonus token"
    if any(one.length is not None for one in requests):
        remark += "; its mean length has it"
    counts, more = _pooled(source, names, requests)
    return _imported(source, names, counts, "llama-server log", (remark,), (*several, *more))


def _requests(source: SourceText) -> Iterator[_Request]:
    """One for each line; positions may stand in the line after it, among lines of other threads."""
    waiting: _Request | None = None
    tokens: float | None = None  # of the text whose line of acceptance comes next: one function prints both
    for number, text in source.lines():
        evaluated = _EVALUATED.search(text)
        tokens = tokens if evaluated is None else float(evaluated["tokens"])
        found, positions = _REQUEST.search(text), _POSITIONS.search(text)
        if found is not None:
            if waiting is not None:
                yield waiting
            waiting = replace(_request(source, number, found, text), tokens=tokens)
            tokens = None
        if positions is not None and waiting is not None:
            shares = [source.number(one, "acceptance by position", number, most=1) for one in positions[1].split(",")]
            yield replace(waiting, positions=tuple(shares))
            waiting = None
    if waiting is not None:
        yield waiting


def _request(source: SourceText, number: int, found: re.Match[str], text: str) -> _Request:
    accepted = source.number(found["accepted"], "accepted", number)
    drafted = source.number(found["drafted"], "generated", number)
    rate = source.number(found["rate"], "draft acceptance", number)
    if drafted and abs(rate - accepted / drafted) > 0.001:
        raise source.wrong(f"draft acceptance is {rate:g}, and {accepted:g} of {drafted:g} is another", number)
    length = _LENGTH.search(text)
    return _Request(
        line=number,
        accepted=accepted,
        drafted=drafted,
        length=None if length is None else source.number(length[1], "mean len", number, least=1),
    )


def _drafters(source: SourceText) -> list[str]:
    """The kinds of drafter that have drafted; they count up from the start, so the last line of each holds."""
    found = {}
    for _, text in source.lines():
        name = _STATISTICS.search(text) if "statistics" in text else None
        drafts = None if name is None else _DRAFTS.search(text)
        if name is not None and drafts is not None:
            found[name["name"]] = int(drafts[1])
    return [name for name, drafts in found.items() if drafts]


def _pooled(source: SourceText, names: Names, requests: Sequence[_Request]) -> tuple[Counts, tuple[str, ...]]:
    """The counts of all requests, and what to know of them."""
    k = _k(source, names, requests)
    unknown = any(one.rounds is None and one.length is None and not one.positions for one in requests)
    return summed([_counts(source, one, k) for one in requests]), (UNKNOWN_ROUNDS,) if unknown else ()


def _k(source: SourceText, names: Names, requests: Sequence[_Request]) -> int:
    """K: the positions, or as many tokens as every round had, or what the person says."""
    positions = max(len(one.positions) for one in requests)
    rounds = sum(one.rounds or math.nan for one in requests)
    if not positions and math.isnan(rounds):
        if names.k is None:
            raise UsageError(
                f"{source.path}: --k is missing: the file does not tell how many tokens a round may draft."
            )
        return names.k
    per_round = 0.0 if math.isnan(rounds) else sum(one.drafted for one in requests) / rounds
    if names.k is not None and not positions:
        return names.k  # rounds may be shorter
    return known_k(source, names.k, positions, per_round)


def _counts(source: SourceText, one: _Request, k: int) -> Counts:
    """The counts of a request. Its rounds are those that are told, unless rounds of K tell nearly the same."""
    check_positions(source, one.positions, one.line)
    full = one.drafted / k
    told = sum(one.positions) or (one.length or 1.0) - 1
    rounds = one.rounds or (one.accepted / told if told and one.accepted else full)
    cut = rounds < full <= rounds * 1.15 + 2  # the text ended within what its last round accepted
    counts = Counts(
        k=k,
        rounds=full if cut or abs(rounds - full) <= 0.02 * full else rounds,
        drafted=one.drafted,
        accepted=one.accepted,
        by_position=one.positions,
    )
    check_counts(source, counts, one.line)
    return counts


def _of_timings(source: SourceText, names: Names) -> Imported:
    timings = [found for value in source.json_values() for found in _timings(value)]
    requests = [
        _Request(
            line=None,
            accepted=source.number(as_text(one.get("draft_n_accepted")), "draft_n_accepted"),
            drafted=source.number(as_text(one["draft_n"]), "draft_n"),
            tokens=source.number(as_text(one["predicted_n"]), "predicted_n") if "predicted_n" in one else None,
        )
        for one in timings
        if one.get("draft_n")
    ]
    if not requests:
        raise source.wrong("its timings have no draft_n above 0: nothing was drafted")
    silent = NotTaken(count=len(timings) - len(requests), what="of responses in which nothing was drafted")
    counts, more = _pooled(source, names, requests)
    imported = _imported(
        source, names, counts, "llama-server, timings", ("draft_n_accepted is without the bonus token",), more
    )
    return replace(imported, not_taken=(silent,) if silent.count else ())


def _timings(value: object, depth: int = 0) -> Iterator[Mapping[str, object]]:
    """Each object `timings` within a response, wherever a program that kept it has put it."""
    if depth > NESTED:
        return
    fields = fields_of(value)
    if fields is not None and ("draft_n" in fields or "predicted_n" in fields):
        yield fields
    elif fields is not None or isinstance(value, list):
        for part in fields.values() if fields is not None else value if isinstance(value, list) else ():
            yield from _timings(part, depth + 1)


def _imported(
    source: SourceText,
    names: Names,
    counts: Counts,
    version: str,
    remarks: tuple[str, ...],
    warnings: tuple[str, ...] = (),
) -> Imported:
    told = f"{version}: {counts.accepted:,.0f} accepted of {counts.drafted:,.0f} drafted"
    rows = acceptance_rows(source, counts, names.the_family(), names.the_drafter(), told, warnings)
    return Imported(version=version, acceptance=rows, remarks=remarks)
