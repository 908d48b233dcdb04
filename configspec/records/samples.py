"""What rows share and what is too large for each of them, in files beside results and journal, named by their content.

    acceptance   of a drafter against a family's text: what the draft proposed at every position
    text         of a family: the token ids of the prompts and of what the target wrote after them
    times        of a cell: the seconds of every drafted token
    power        of a cell: what its meter showed while it drafted and while it was idle

From these every question about adaptive K, lookup drafting or many devices is replayed. A results file without them
still ranks; what needs them says so.

A file is `<SHA-256 of its JSON>.json.gz` in the folder `configspec-samples` beside the results file or the journal.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from configspec.atomic import write_whole
from configspec.errors import RecordError
from configspec.records.bounded_file import bounded_lines, open_bounded
from configspec.records.bounds import Count, Figure, Seconds, Share, Speculative
from configspec.records.plain import canonical, loads
from configspec.records.row import SampleRefs
from configspec.untrusted import NotJson, parse_json, read_bounded

FOLDER = "configspec-samples"
REFERENCE = re.compile(rb'"(?:acceptance|text|times|power)": ?"([0-9a-f]{64})"')  # as a row of a file holds it
PACKED_BYTES, CONTENT_BYTES = 64 << 20, 256 << 20  # of a side file; 24 prompts and 18 drafts take 0.3 MB packed
DIGITS = 4  # of confidence and gap: more would make the file larger and say nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAcceptance:
    """One prompt's positions, in the order of the text; each tuple has the text's length.

    `matches`: whether the draft's arg-max is the text's token. `confidence`: the draft's probability of its arg-max.
    `rank`: how many tokens the draft finds likelier than the text's (0: none). `gap`: its best logit less its second.
    `accept`: with what probability the text's token came from an accepted draft; 1 and 0 where decoding is greedy.
    """

    id: str
    category: str
    matches: tuple[bool, ...]
    confidence: tuple[Share, ...]
    rank: tuple[Count, ...]
    gap: tuple[Figure, ...]
    accept: tuple[Share, ...] | None = None  # None: as `matches`

    def __post_init__(self) -> None:
        columns = (self.confidence, self.rank, self.gap, *(() if self.accept is None else (self.accept,)))
        if any(len(column) != len(self.matches) for column in columns):
            raise ValueError(f"prompt {self.id}: matches, confidence, rank, gap and accept are not equally long")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceSamples:
    """Acceptance by position, of one drafter against one text."""

    kind: Literal["acceptance"] = "acceptance"
    text: str  # hash of the `TextSamples`
    prompts: tuple[PromptAcceptance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptText:
    """One prompt and what the target wrote. The ids are None where `sweep: {texts: private}` keeps them out."""

    id: str
    category: str
    prompt_tokens: Count
    tokens: Count
    prompt_ids: tuple[Count, ...] | None
    ids: tuple[Count, ...] | None
    gaps: tuple[Figure, ...] | None  # between the target's best two logits; None where a server does not say
    logprobs: tuple[Figure, ...] | None  # of each token, after temperature, top-k and top-p; None where greedy

    def __post_init__(self) -> None:
        if self.prompt_ids is not None and len(self.prompt_ids) != self.prompt_tokens:
            raise ValueError(f"prompt {self.id}: {len(self.prompt_ids)} ids of {self.prompt_tokens} prompt tokens")
        if any(column is not None and len(column) != self.tokens for column in (self.ids, self.gaps, self.logprobs)):
            raise ValueError(f"prompt {self.id}: ids, gaps or logprobs are not of {self.tokens} tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSamples:
    """The target's own text for a prompt set."""

    kind: Literal["text"] = "text"
    prompts_sha256: str
    prompts: tuple[PromptText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTimes:
    """Rounds of `k` tokens: seconds of each token, one tuple per round."""

    k: Speculative
    token_s: tuple[tuple[Seconds, ...], ...]

    def __post_init__(self) -> None:
        if any(len(of_round) != self.k for of_round in self.token_s):
            raise ValueError(f"k is {self.k}, and a round has the times of another number of tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedBeginning:
    """Beginnings of rounds with so many tokens `pending`: to go back, to draft two tokens, to copy the memory."""

    pending: Speculative
    restore_samples_s: tuple[Seconds, ...]
    first_two_samples_s: tuple[Seconds, ...]
    save_samples_s: tuple[Seconds, ...]

    def __post_init__(self) -> None:
        samples = (self.restore_samples_s, self.first_two_samples_s, self.save_samples_s)
        if len({len(one) for one in samples}) != 1 or not self.restore_samples_s:
            raise ValueError("samples of a beginning are of equal number, one or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSamples:
    """Drafting times of a cell: of the largest K, or of each K where each was timed on its own.

    `beginnings` are of a draft whose memory cannot be cut: what going back costs it.
    """

    kind: Literal["times"] = "times"
    rounds: tuple[RoundTimes, ...]
    beginnings: tuple[TimedBeginning, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReadings:
    """What a meter showed in one pass, on the device's clock: `values` has one tuple a channel, None where it failed.

    `spans_s` names the parts of it: `idle before`, `window`, `idle after`, each from when to when.
    """

    t_s: tuple[Figure, ...]
    values: tuple[tuple[Figure | None, ...], ...]
    stamps: tuple[str | None, ...] | None = None
    spans_s: Mapping[str, tuple[Figure, Figure]]

    def __post_init__(self) -> None:
        if any(len(column) != len(self.t_s) for column in self.values):
            raise ValueError(f"{len(self.t_s)} times, and values of other lengths")


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSamples:
    """The readings of a cell's passes. `shows`: watts, or joules of a counter."""

    kind: Literal["power"] = "power"
    shows: Literal["watts", "joules"]
    channels: tuple[str, ...]
    passes: tuple[MeterReadings, ...]


Samples = AcceptanceSamples | TextSamples | TimeSamples | PowerSamples
Kind = TypeVar("Kind", AcceptanceSamples, TextSamples, TimeSamples, PowerSamples)


def rounded(values: Iterable[float]) -> tuple[float, ...]:
    """Each value to four significant digits.

    >>> rounded([0.123456, 17.98765, 1.0])
    (0.1235, 17.99, 1.0)
    """
    return tuple(float(f"{value:.{DIGITS}g}") for value in values)


def samples_folder(path: Path) -> Path:
    """Where the side files of a results file or journal lie."""
    return path.parent / FOLDER


def sample_hashes(refs: Iterable[SampleRefs]) -> tuple[str, ...]:
    """The side files that rows refer to, each once, in order."""
    hashes = (value for one in refs for value in (one.acceptance, one.text, one.times, one.power) if value is not None)
    return tuple(dict.fromkeys(hashes))


def write_samples(folder: Path, samples: Samples) -> str:
    """Keep samples in a folder and return their hash; a file that holds them already is not written again.

    Raises:
        OSError: The folder cannot be written.
    """
    content = canonical(msgspec.to_builtins(samples))
    sha256 = hashlib.sha256(content).hexdigest()
    if _content(folder, sha256) is None:
        _put(folder, sha256, content)
    return sha256


def read_samples(file_beside: Path, sha256: str, kind: type[Kind]) -> Kind:
    """The samples with this hash, of a row in `file_beside`, a results file or a journal.

    Raises:
        RecordError: The side file is missing, damaged, or holds something else.
    """
    path = samples_folder(file_beside) / _name(sha256)
    content = _content(path.parent, sha256)
    if content is None and not path.exists():
        raise RecordError(
            f"{file_beside} has no side file {_name(sha256)} beside it: copy the folder {FOLDER} with it."
        )
    if content is None:
        raise RecordError(
            f"{path}: the side file is damaged: its content has not the hash that it is named by. Copy it again."
        )
    try:
        return msgspec.convert(parse_json(content), kind)
    except (ValueError, OverflowError) as problem:  # msgspec.ValidationError is a ValueError
        raise RecordError(f"{path}: the side file cannot be read as {kind.__name__}: {problem}.") from problem


def carry_samples(refs: Iterable[SampleRefs], from_: Path, to: Path) -> tuple[str, ...]:
    """Copy the side files that rows refer to from one folder into another, with the texts that acceptance refers to.

    Returns:
        The hashes of those that are missing or damaged in both.

    Raises:
        OSError: The folder `to` cannot be written.
    """
    missing = []
    waiting = list(sample_hashes(refs))
    seen = set(waiting)
    while waiting:
        sha256 = waiting.pop(0)
        content = _content(to, sha256)
        if content is None:
            content = _content(from_, sha256)
            if content is None:
                missing.append(sha256)
                continue
            _put(to, sha256, content)
        text = _text_of(content)
        if text is not None and text not in seen:
            seen.add(text)
            waiting.append(text)
    return tuple(missing)


def prune_samples(folder: Path, files: Iterable[Path]) -> int:
    """Delete the side files in `folder` that no row of the results files or journals `files` refers to; their number.

    A file that is being written counts too: its rows are looked for as text, line by line. Where one of the files
    cannot be read, nobody knows what it refers to, and nothing is deleted.
    """
    try:
        kept = {found.decode() for path in files for found in _hashes_in(path)}
    except OSError:
        return 0
    stale = [path for path in folder.glob("*.json.gz") if path.name.removesuffix(".json.gz") not in kept]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _hashes_in(path: Path) -> Iterator[bytes]:
    with open_bounded(path) as file:
        for line in bounded_lines(file):
            yield from REFERENCE.findall(line)


def _name(sha256: str) -> str:
    return f"{sha256}.json.gz"


def _put(folder: Path, sha256: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / _name(sha256), gzip.compress(content, mtime=0))


def _content(folder: Path, sha256: str) -> bytes | None:
    """The side file's JSON; None where there is none, or where it has not the hash that it is named by."""
    try:
        packed = read_bounded(folder / _name(sha256), at_most_bytes=PACKED_BYTES)
        unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # of gzip
        content = unpacking.decompress(packed, CONTENT_BYTES)
    except (OSError, zlib.error):
        return None
    if not unpacking.eof or unpacking.unused_data:  # cut short, larger than it may be, or with something behind it
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _text_of(content: bytes) -> str | None:
    """The hash of the text that acceptance samples refer to."""
    try:
        value = loads(content)
    except NotJson:  # whoever reads the samples is told
        return None
    text = value.get("text") if isinstance(value, Mapping) and value.get("kind") == "acceptance" else None
    return text if isinstance(text, str) else None
