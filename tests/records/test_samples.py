"""Side files: named by their content, read strictly, and never mistaken for another."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import random
import zlib
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import RecordError
from configspec.records.row import SampleRefs
from configspec.records.samples import (
    CONTENT_BYTES,
    AcceptanceSamples,
    PromptAcceptance,
    PromptText,
    RoundTimes,
    TextSamples,
    TimeSamples,
    carry_samples,
    prune_samples,
    read_samples,
    rounded,
    sample_hashes,
    samples_folder,
    write_samples,
)

T = TypeVar("T")
finite = st.floats(0, 1e6)


@st.composite
def prompt_acceptances(draw: st.DrawFn) -> PromptAcceptance:
    n = draw(st.integers(0, 5))

    def column(values: st.SearchStrategy[T]) -> tuple[T, ...]:
        return tuple(draw(st.lists(values, min_size=n, max_size=n)))

    return PromptAcceptance(
        id=draw(st.text(max_size=5)),
        category="code",
        matches=column(st.booleans()),
        confidence=column(st.floats(0, 1)),
        rank=column(st.integers(0, 9)),
        gap=column(finite),
        accept=draw(st.none() | st.just(column(st.floats(0, 1)))),
    )


texts = st.builds(
    PromptText,
    id=st.text(max_size=5),
    category=st.text(max_size=5),
    prompt_tokens=st.just(2),
    tokens=st.just(3),
    prompt_ids=st.none() | st.just((1, 2)),
    ids=st.none() | st.just((3, 4, 5)),
    gaps=st.none() | st.tuples(finite, finite, finite),
    logprobs=st.none() | st.just((-0.5, -1.0, -2.0)),
)
anything = st.one_of(
    st.builds(
        AcceptanceSamples, text=st.just("ab" * 32), prompts=st.lists(prompt_acceptances(), max_size=3).map(tuple)
    ),
    st.builds(TextSamples, prompts_sha256=st.just("0c" * 32), prompts=st.lists(texts, max_size=3).map(tuple)),
    st.builds(TimeSamples, rounds=st.just((RoundTimes(k=2, token_s=((0.1, 0.2), (0.3, 0.4))),))),
)
TIMES = TimeSamples(rounds=(RoundTimes(k=1, token_s=((0.5,),)),))


def side_file(beside: Path, sha256: str) -> Path:
    return samples_folder(beside) / f"{sha256}.json.gz"


@given(anything)
def test_samples_are_the_same_after_writing_and_reading(tmp_path_factory, samples):
    """Whatever their kind; the same samples have the same name."""
    beside = tmp_path_factory.mktemp("samples") / "r.json"
    sha256 = write_samples(samples_folder(beside), samples)
    assert read_samples(beside, sha256, type(samples)) == samples
    assert write_samples(samples_folder(beside), samples) == sha256
    assert list(samples_folder(beside).iterdir()) == [side_file(beside, sha256)]


def test_a_file_that_holds_its_samples_is_not_written_again(tmp_path):
    """Another process may be reading it; one that is damaged is."""
    sha256 = write_samples(tmp_path, TIMES)
    path = tmp_path / f"{sha256}.json.gz"
    before = path.stat().st_ino
    write_samples(tmp_path, TIMES)
    assert path.stat().st_ino == before
    path.write_bytes(path.read_bytes()[:-5])
    write_samples(tmp_path, TIMES)
    assert gzip.decompress(path.read_bytes())


def test_a_missing_side_file_is_told_with_what_would_do(tmp_path):
    """The results file and the folder to copy are named."""
    with pytest.raises(RecordError, match=r"r.json has no side file abab.*: copy the folder configspec-samples"):
        read_samples(tmp_path / "r.json", "ab" * 32, TimeSamples)


@pytest.mark.parametrize(
    "content", [b"", b"x", gzip.compress(b"{}", mtime=0), gzip.compress(b"1" * 99, mtime=0)[:-9], b"\x1f\x8b\x08\x00xx"]
)
def test_a_damaged_side_file_is_told(tmp_path, content):
    """Empty, cut, of another content: never another's samples, never a traceback."""
    sha256 = write_samples(samples_folder(tmp_path / "r.json"), TIMES)
    side_file(tmp_path / "r.json", sha256).write_bytes(content)
    with pytest.raises(RecordError, match="damaged"):
        read_samples(tmp_path / "r.json", sha256, TimeSamples)


def test_samples_of_another_kind_are_told(tmp_path):
    """Times are no text."""
    sha256 = write_samples(samples_folder(tmp_path / "r.json"), TIMES)
    with pytest.raises(RecordError, match="cannot be read as TextSamples"):
        read_samples(tmp_path / "r.json", sha256, TextSamples)


def test_columns_of_unequal_length_cannot_be():
    """Positions are read across."""
    with pytest.raises(ValueError, match="not equally long"):
        PromptAcceptance(id="p", category="c", matches=(True,), confidence=(), rank=(0,), gap=(1.0,))
    with pytest.raises(ValueError, match="prompt p: 1 ids of 2 prompt tokens"):
        PromptText(
            id="p",
            category="c",
            prompt_tokens=2,
            tokens=0,
            prompt_ids=(1,),
            ids=None,
            gaps=None,
            logprobs=None,
        )


def test_what_is_carried_has_its_text_with_it(tmp_path):
    """Acceptance refers to the text; a row may not."""
    here, there = tmp_path / "here", tmp_path / "there"
    text = write_samples(here, TextSamples(prompts_sha256="0c" * 32, prompts=()))
    acceptance = write_samples(here, AcceptanceSamples(text=text, prompts=()))
    assert carry_samples([SampleRefs(acceptance=acceptance)], here, there) == ()
    assert {path.name for path in there.iterdir()} == {path.name for path in here.iterdir()}


def test_what_is_missing_or_damaged_is_not_carried(tmp_path):
    """It is returned, the text of an acceptance too; the rest is carried."""
    here, there = tmp_path / "here", tmp_path / "there"
    acceptance = write_samples(here, AcceptanceSamples(text="ab" * 32, prompts=()))
    damaged = write_samples(here, TIMES)
    (here / f"{damaged}.json.gz").write_bytes(b"x")
    refs = [SampleRefs(acceptance=acceptance, times=damaged), SampleRefs(acceptance=acceptance)]
    assert carry_samples(refs, here, there) == (damaged, "ab" * 32)
    assert [path.name for path in there.iterdir()] == [f"{acceptance}.json.gz"]


def test_a_side_file_that_is_no_json_is_carried_as_it_is(tmp_path):
    """Its content has its hash: whoever reads it is told, and a merge does not end over it."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    sha256 = hashlib.sha256(b"words").hexdigest()
    (here / f"{sha256}.json.gz").write_bytes(gzip.compress(b"words"))
    assert carry_samples([SampleRefs(times=sha256)], here, there) == ()
    assert (there / f"{sha256}.json.gz").exists()


def test_hashes_are_named_once():
    """Ten rows of a cell refer to the same side files."""
    refs = SampleRefs(acceptance="aa" * 32, text="bb" * 32, times=None)
    assert sample_hashes([refs, refs, SampleRefs(times="cc" * 32)]) == ("aa" * 32, "bb" * 32, "cc" * 32)


@given(st.floats(1e-9, 1e9))
def test_rounding_moves_a_value_by_less_than_a_thousandth(value):
    """Four significant digits: at most 0.05 % off, and rounding again changes nothing."""
    (once,) = rounded([value])
    assert math.isclose(once, value, rel_tol=5.001e-4)
    assert rounded([once]) == (once,)


def test_a_night_of_samples_is_small(tmp_path):
    """24 prompts of 96 tokens, one text and 18 drafts: a few hundred kB in all, as random as real ones at the least."""
    rng = random.Random(1)
    prompts = [f"p{number}" for number in range(24)]
    text = TextSamples(
        prompts_sha256="0c" * 32,
        prompts=tuple(
            PromptText(
                id=name,
                category="code",
                prompt_tokens=64,
                tokens=96,
                prompt_ids=tuple(rng.randrange(32000) for _ in range(64)),
                ids=tuple(rng.randrange(32000) for _ in range(96)),
                gaps=rounded(rng.expovariate(0.3) for _ in range(96)),
                logprobs=None,
            )
            for name in prompts
        ),
    )
    sha256 = write_samples(tmp_path, text)
    for _ in range(18):
        drafted = tuple(
            PromptAcceptance(
                id=name,
                category="code",
                matches=tuple(rng.random() < 0.6 for _ in range(96)),
                confidence=rounded(rng.random() for _ in range(96)),
                rank=tuple(int(rng.expovariate(0.5)) for _ in range(96)),
                gap=rounded(rng.expovariate(0.3) for _ in range(96)),
            )
            for name in prompts
        )
        write_samples(tmp_path, AcceptanceSamples(text=sha256, prompts=drafted))
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 19
    assert sum(sizes) < 400_000


def test_a_file_is_json_that_any_tool_reads(tmp_path):
    """`zcat` shows it."""
    sha256 = write_samples(tmp_path, TIMES)
    found = json.loads(gzip.decompress((tmp_path / f"{sha256}.json.gz").read_bytes()))
    assert found == {"kind": "times", "rounds": [{"k": 1, "token_s": [[0.5]]}], "beginnings": []}


def test_side_files_go_with_the_last_file_that_refers_to_them(tmp_path):
    """What no remaining journal or results file names is deleted; the rest stays, also of a file whose end was cut."""
    folder = samples_folder(tmp_path / "any.jsonl")
    kept = write_samples(folder, TIMES)
    stale = write_samples(folder, TimeSamples(rounds=(RoundTimes(k=1, token_s=((0.25,),)),)))
    journal = tmp_path / "j.jsonl"
    journal.write_text('{"configspec_journal":1}\n{"row":{"samples":{"times":"' + kept + '","te', encoding="utf-8")
    assert prune_samples(folder, [journal]) == 1
    assert read_samples(journal, kept, TimeSamples) == TIMES
    with pytest.raises(RecordError, match=stale):
        read_samples(journal, stale, TimeSamples)


def test_a_side_file_that_unpacks_without_end_is_damaged(tmp_path):
    """No more of it is unpacked than a side file may hold."""
    packing = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    megabyte = bytes(1 << 20)
    packed = b"".join(packing.compress(megabyte) for _ in range((CONTENT_BYTES >> 20) + 1)) + packing.flush()
    side_file(tmp_path / "r.json", "ab" * 32).parent.mkdir()
    side_file(tmp_path / "r.json", "ab" * 32).write_bytes(packed)
    with pytest.raises(RecordError, match="damaged"):
        read_samples(tmp_path / "r.json", "ab" * 32, TimeSamples)


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_a_side_file_that_is_no_regular_file_is_damaged(tmp_path, kind):
    """A pipe would block for ever."""
    path = side_file(tmp_path / "r.json", "ab" * 32)
    path.parent.mkdir()
    os.mkfifo(path) if kind == "fifo" else path.mkdir()
    with pytest.raises(RecordError, match="damaged"):
        read_samples(tmp_path / "r.json", "ab" * 32, TimeSamples)
    assert carry_samples([SampleRefs(times="ab" * 32)], path.parent, tmp_path / "to") == ("ab" * 32,)


@pytest.mark.parametrize("content", [b"[]", b"{}", b"[" * 100_000, b"1" * 5000, b"NaN", b"\xff", b'{"kind": "times"}'])
def test_content_that_is_no_samples_is_told(tmp_path, content):
    """Even where its hash is right."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = side_file(tmp_path / "r.json", sha256)
    path.parent.mkdir()
    path.write_bytes(gzip.compress(content, mtime=0))
    with pytest.raises(RecordError, match="cannot be read as TimeSamples"):
        read_samples(tmp_path / "r.json", sha256, TimeSamples)
    assert carry_samples([SampleRefs(times=sha256)], path.parent, tmp_path / "to") == ()


def test_times_of_another_k_cannot_be():
    """A round of K has the times of K tokens."""
    with pytest.raises(ValueError, match="k is 3, and a round has the times of another number"):
        RoundTimes(k=3, token_s=((0.1, 0.2),))


def test_nothing_is_pruned_where_a_journal_cannot_be_read(tmp_path):
    """Nobody knows what it refers to."""
    sha256 = write_samples(tmp_path, TIMES)
    os.mkfifo(tmp_path / "j.jsonl")
    assert prune_samples(tmp_path, [tmp_path / "j.jsonl"]) == 0
    assert (tmp_path / f"{sha256}.json.gz").exists()
