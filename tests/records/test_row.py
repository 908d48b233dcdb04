"""The record: written, read back, and every way in which a file can be wrong."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import RecordError
from configspec.records.decoded import EndToEnd
from configspec.records.results import read_results
from configspec.records.row import KEY, Row, from_record, to_record
from configspec.theory.decoding import Decoding
from configspec.theory.figures import Estimate
from configspec.theory.prediction import RoundCost
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

positive = st.floats(min_value=1e-9, max_value=1e9)
names = st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True)


@st.composite
def estimates(draw):
    low, value, high = sorted(draw(st.tuples(positive, positive, positive)))
    return Estimate(value=value, low=low, high=high, confidence=0.95, n=draw(st.integers(0, 99)))


def measured_verification(seconds: float) -> dict[str, object]:
    return {"verify": "measured", "verify_s_by_k": ((1, seconds), (2, 2 * seconds))}


def more_attempts(attempts: int) -> dict[str, object]:
    return {"attempts": attempts, "first_cause": "orin: the link was lost."}


def end_to_end() -> st.SearchStrategy[EndToEnd]:
    counts, floats = st.integers(0, 999), st.lists(positive, min_size=1, max_size=3).map(tuple)
    return st.builds(
        EndToEnd,
        goodput_tokens_per_s=positive,
        goodput_by_repeat_tokens_per_s=floats,
        repeats_s=floats,
        predicted_goodput_tokens_per_s=positive,
        **dict.fromkeys(("tokens", "rounds", "drafted", "accepted", "catch_ups"), counts),
        **dict.fromkeys(("predicted_rounds", "predicted_catch_ups"), positive),
        **dict.fromkeys(("drafting_s", "link_s", "verification_s", "bookkeeping_s", "total_s"), positive),
        cost=st.builds(RoundCost, round_s=positive, catch_up_s=positive, verify_s=positive, exchange_s=positive),
        prompts=st.just(("p1", "p2")),
        new_tokens=counts,
        rule=st.just("rejection"),
        output=st.just("equal"),
        link=st.none() | st.just({"rtt_s": 0.02}),
        energy_reason=st.just("no meter"),
    )


@st.composite
def rows(draw):
    power = draw(st.none() | estimates())
    some = st.integers(1, 99) | st.floats(1, 99)  # expected counts are not whole
    counts = draw(st.lists(st.tuples(some, some), max_size=4))
    samples = tuple(draw(st.lists(positive, min_size=1, max_size=5)))
    return Row(
        configuration=Configuration(
            device=draw(names),
            family=draw(names),
            draft=draw(names),
            quant=draw(names),
            k=draw(st.integers(1, 64)),
            round_s=draw(estimates()),
            round_samples_s=samples,
            acceptance=Acceptance(
                rate=draw(estimates()),
                rounds=draw(st.none() | some),
                drafted=draw(st.none() | some),
                accepted=draw(st.none() | some),
                by_prompt=tuple(counts),
                prompts_sha256=draw(st.none() | st.just("ab" * 32)),
                decoding=draw(st.none() | st.just(Decoding(temperature=0.8, top_k=20, rule="rejection"))),
            ),
            power_w=power,
            power_reason=None if power else "no meter",
            provenance=draw(st.sampled_from(["measured", "derived", "declared", "modelled"])),
            warnings=tuple(draw(st.lists(st.text(max_size=9), max_size=2))),
        ),
        serving=Serving(
            verify_s=draw(positive),
            usd_per_million_tokens=draw(positive),
            **draw(st.just({}) | st.builds(measured_verification, positive)),
        ),
        verification=draw(st.none() | st.just({"clock": "here", "passes": []})),
        end_to_end=draw(st.none() | end_to_end()),
        token_samples_s=(samples,),
        drafting={"depth_tokens": 128},
        acceptance={"method": "replay"},
        environment={"device": {"cpu": "a"}},
        models={"draft": None},
        **draw(st.just({}) | st.builds(more_attempts, st.integers(2, 5))),
    )


@given(rows())
def test_a_row_is_the_same_after_writing_and_reading(row):
    """Through JSON text, with nothing lost and nothing infinite."""
    text = json.dumps(to_record(row), allow_nan=False)
    assert from_record(json.loads(text), "here") == row


@given(rows())
def test_only_a_row_that_took_more_attempts_says_so(row):
    """`attempts`, `first_cause` and `unstable` come together or not at all."""
    keys = {"attempts", "first_cause", "unstable"} & to_record(row).keys()
    assert len(keys) == (0 if row.attempts == 1 else 3)


@given(rows(), st.data())
def test_a_record_that_lost_a_key_is_told_with_the_key(row, data):
    """Cut or edited by hand: the message names the place and the key."""
    record = to_record(row)
    key = data.draw(st.sampled_from(["device", "k", "drafting", "acceptance", "power", "serving", "quality"]))
    del record[key]
    with pytest.raises(RecordError, match=f"here: .*'{key}'"):
        from_record(record, "here")


@given(
    rows(),
    st.sampled_from(["device", "k", "drafting", "acceptance", "power", "serving", "quality", "models"]),
    st.sampled_from([None, 3.5, "x", [], ["x"], -1, True]),
)
def test_a_value_of_the_wrong_kind_is_a_record_error_and_nothing_else(row, key, value):
    """Whatever stands there instead; a wrong value is never a TypeError with a traceback."""
    record = to_record(row) | {key: value}
    with contextlib.suppress(RecordError):
        from_record(json.loads(json.dumps(record)), "here")


def test_a_newer_version_says_so(tmp_path):
    """Version 2 is not guessed at."""
    with pytest.raises(RecordError, match=r"r.json: row: .*version 2.*pip install -U"):
        read(tmp_path, json.dumps({"benchmarks": [{"name": "row", "extra_info": {KEY: {"version": 2}}}]}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty", "configspec recover"]),
        ("hello", ["not JSON", "--benchmark-json"]),
        ('{"benchmarks": [{"name": "a"', ["cut short", "configspec recover"]),
        ("[1, 2]", ["no list named 'benchmarks'"]),
        ('{"benchmarks": []}', ["0 benchmarks, none measured by configspec"]),
        ('{"benchmarks": [{"name": "a", "extra_info": {}}]}', ["1 benchmarks, none measured by configspec"]),
        ("[" * 100_000, ["r.json"]),
    ],
)
def test_a_file_that_holds_no_results_is_told_with_its_name(tmp_path, text, words):
    """Not JSON, cut short, of another tool, without rows: one message each, with what would do."""
    with pytest.raises(RecordError) as problem:
        read(tmp_path, text)
    assert all(word in str(problem.value) for word in ["r.json", *words])


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    """With the command that makes a results file."""
    with pytest.raises(RecordError, match="no such file"):
        read_results(tmp_path / "r.json")
    with pytest.raises(RecordError, match="a folder"):
        read_results(tmp_path)


def test_bytes_that_are_no_text_are_told(tmp_path):
    """A GGUF named by mistake, for example."""
    (tmp_path / "r.json").write_bytes(b"GGUF\xff\xfe")
    with pytest.raises(RecordError, match="not text"):
        read_results(tmp_path / "r.json")


@given(cut=st.integers(1, 400))
def test_a_file_cut_anywhere_is_a_record_error(tmp_path_factory, cut):
    """Wherever the copy stopped."""
    text = json.dumps({"benchmarks": [{"name": "a" * 300, "extra_info": {}}], "version": "5"})
    with pytest.raises(RecordError, match=r"cut short|not JSON"):
        read(tmp_path_factory.mktemp("cut"), text[: min(cut, len(text) - 1)])


def read(folder: Path, text: str) -> tuple[Row, ...]:
    (folder / "r.json").write_text(text, encoding="utf-8")
    return read_results(folder / "r.json")
