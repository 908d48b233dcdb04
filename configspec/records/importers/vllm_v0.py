"""The log of vLLM's first engine (V0, to 0.10): counters since the start, a line every few seconds.

Its "accepted tokens" are all draft tokens that agree, those after the first wrong one too. Its "emitted tokens" are
what came out: accepted ones before the first wrong one, and the target's own token of each round.

https://github.com/vllm-project/vllm/blob/v0.8.5/vllm/spec_decode/metrics.py
"""

from __future__ import annotations

import math
import re

from configspec.errors import UsageError
from configspec.records.bounds import MOST_K
from configspec.records.importers.acceptance import Counts, check_counts, summed
from configspec.records.importers.imported import NotTaken
from configspec.records.importers.source_text import SourceText

V0 = "Speculative metrics:"
V0_NOTE = "vLLM V0 before 0.5.2 emitted no bonus token with a draft model; if this is of it, acceptance is higher"
_FIELDS = {
    "k": re.compile(r"Number of speculative tokens: ([^,\s]+)"),
    "drafted": re.compile(r"Number of draft tokens: ([^,\s]+)"),
    "emitted": re.compile(r"Number of emitted tokens: ([^,\s]+?)\.?(?:[,\s]|$)"),
}


def v0_counts(source: SourceText, said_k: int | None) -> tuple[Counts, NotTaken]:
    """The counts of a log, and how many lines a later one of the same run continues.

    The counters begin again at 0 where the server did; the last line before that is a whole run.

    Raises:
        RecordError: A line is cut, or its counts cannot be.
        UsageError: `--k` says another K.
    """
    ends: list[Counts] = []
    before, lines = math.inf, 0
    for number, text in source.lines():
        if V0 not in text:
            continue
        lines += 1
        counts = _counts(source, number, text)
        if counts is None:
            continue
        if ends and counts.k != ends[-1].k:
            raise source.wrong("the speculative tokens change: give each K a file of its own", number)
        if counts.drafted < before:
            ends.append(counts)
        ends[-1], before = counts, counts.drafted
    if not ends:
        raise source.wrong("nothing was drafted, so nothing can be said of acceptance")
    if said_k not in (None, ends[0].k):
        raise UsageError(f"{source.path}: --k is {said_k}, and the file is of rounds of {ends[0].k}.")
    earlier = NotTaken(count=lines - len(ends), what="that a later line of the same run continues")
    return summed(ends), earlier


def _counts(source: SourceText, number: int, text: str) -> Counts | None:
    found = {name: pattern.search(text) for name, pattern in _FIELDS.items()}
    if not all(found.values()):
        raise source.wrong("the line lacks the numbers of speculative, draft or emitted tokens: it is cut", number)
    k, drafted, emitted = (
        source.number(one[1], f"the number of tokens ({name})", number) for name, one in found.items() if one
    )
    if not drafted or not k:
        return None
    if k != int(k) or k > MOST_K:
        raise source.wrong(f"{k:g} speculative tokens cannot be", number)
    rounds = drafted / k
    counts = Counts(k=int(k), rounds=rounds, drafted=drafted, accepted=max(emitted - rounds, 0.0))
    check_counts(source, counts, number)
    return counts
