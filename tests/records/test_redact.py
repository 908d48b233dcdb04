"""What is private is not written, and what is a fact is not changed."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
import types
import typing
from collections.abc import Iterator

import pytest
from any_rows import rows
from example_rows import BOARD, raw_row, whole_row
from hypothesis import example, given, settings
from hypothesis import strategies as st

from configspec.records.redact import FACTS, NAMES, NODES, Private
from configspec.records.row import KEY, Row

PRIVATE = Private(
    machines={
        **dict.fromkeys(("ci-7.lab", "ci-7"), "<host>"),
        **dict.fromkeys(("alice@orin-01", "orin-01", "10.0.0.7"), "<destination>"),
        **dict.fromkeys(("llm.lab:8000", "llm.lab"), "<server>"),
    },
    users=frozenset(("alice", "pi", "nano")),
    home="/home/alice",
)
# What this host, its user and its boards are called, as somebody would name the same things in a model or a board.
COMMON = Private(machines={"raspberrypi": "<host>"}, users=frozenset(("pi", "nano", "llama", "user")), home="/home/pi")
MACHINES = sorted(PRIVATE.machines)
texts = st.lists(
    st.text(st.sampled_from('ab /.:-@\n"é<>'), max_size=3)
    | st.sampled_from(
        [*MACHINES, "/home/alice", "/home/pi", "alice", "pi", " on ", "bob@", "malice", "ci-77", "<host>"]
    )
).map("".join)
# Every text of the record that is no fact: reasons, causes, paths and what computes a target.
FREE = {
    *("first_cause", "check_reason", "asked_reason", "reason", "energy_reason", "sha256_reason", "going_back_reason"),
    *("declared_words", "idle_reason"),
    *("runtime", "profile", "source", "draft_tensor_types_reason", "memory_reason", "free_disk_reason", "load_reason"),
    *("governor_reason", "llama_cpp_reason", "temperature_reason", "power_mode_reason", "throttling_reason"),
    *("board_reason", "metadata", "numbers", "default_threads_reason", "passes_reason", "prefill_reason"),
    *("prompting_reason", "template_reason", "variables"),
}


@given(texts)
def test_no_name_of_a_machine_is_left_in_free_text(text):
    """Hosts, destinations and servers, wherever they are words of their own; nor is a home folder."""
    shown = PRIVATE.text(text)
    bare = re.sub(r"<(?:host|user|destination|server)>", " ", shown)
    for name in MACHINES:
        assert not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", bare), (text, shown)
    assert not re.search(r"(?<![\w.~-])/home/alice(?![\w-]|\.\w)", shown)
    assert not re.search(r"(?<![\w-])(?:alice|pi)@", shown)


@given(texts)
@example("/home/alice.10.0.0.7")
def test_what_was_redacted_stays_as_it_is(text):
    """Rows that are taken over are redacted again."""
    once = PRIVATE.text(text)
    assert PRIVATE.text(once) == once


@given(st.text())
def test_a_text_without_a_private_name_stays_as_it_is(text):
    """Whatever it says."""
    assert PRIVATE.text(text) == text or any(name in text for name in (*MACHINES, *PRIVATE.users))


def facts(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Everything of a record but its free text, with its key."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in FREE | NODES:
                yield from facts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from facts(inner, key)
    else:
        yield key, value


@settings(max_examples=25)
@given(rows())
def test_facts_of_a_record_stay_whatever_people_and_machines_are_called(row):
    """Names that are words of the record itself, too."""
    entry = json.loads(json.dumps(raw_row(row)))
    words = {str(one) for _, one in facts(entry) if isinstance(one, str) and one}
    private = Private(machines=dict.fromkeys(words, "<host>"), users=frozenset(words), home="/home/pi")
    before = copy.deepcopy(entry)
    assert list(facts(private.row(entry))) == list(facts(before))
    assert entry == before


@given(st.sampled_from(sorted(FREE - {"metadata", "numbers"})), texts)
def test_every_free_text_of_a_record_is_redacted(key, text):
    """At any depth."""
    assert PRIVATE.record({"environment": {key: text}}) == {"environment": {key: PRIVATE.text(text)}}


def str_fields(kind: type) -> Iterator[str]:
    """The names of a record's fields that hold text, at any depth."""
    for name, hint in typing.get_type_hints(kind).items():
        for part in parts(hint):
            if part is str:
                yield name
            elif dataclasses.is_dataclass(part) and name not in FACTS:  # of a fact, all is
                yield from str_fields(part)


def parts(hint: object) -> Iterator[type]:
    """The classes within `str | None`, `tuple[X, ...]`, `Literal["a"]` and the like."""
    if typing.get_origin(hint) is typing.Literal:
        yield str
    elif isinstance(hint, types.UnionType) or typing.get_origin(hint) is not None:
        for inner in typing.get_args(hint):
            yield from parts(inner)
    elif isinstance(hint, type):
        yield hint


def test_each_text_of_the_record_is_a_name_a_fact_or_free():
    """A new field has to be one: what may hold a name of a machine or a person is free text."""
    fields = set(str_fields(Row))
    assert fields - NAMES - FACTS - FREE - NODES == set()
    assert fields >= NODES
    assert set() == FACTS & FREE
    assert fields | {"samples", "asked", "heat"} >= FACTS


def test_a_raspberry_pi_stays_one():
    """Whose account is `pi`, as its maker sets it up."""
    board = dataclasses.replace(BOARD, board="Raspberry Pi 5", cpu_model="pi nano")
    row = whole_row(2, board=board)
    entry = json.loads(json.dumps(raw_row(row)))
    assert COMMON.row(entry) == entry
    assert COMMON.text("Raspberry Pi 5, raspberry pi 5, Orin nano, a user of llama") == (
        "Raspberry Pi 5, raspberry pi 5, Orin nano, a user of llama"
    )


def test_a_persons_name_is_replaced_where_it_can_be_nothing_else():
    """In a destination, in a home folder, as whoever holds a lock, and as a whole text."""
    said = "busy: pi on raspberrypi holds it; ssh pi@other: /home/pi/models/x.gguf, /home/nano/y, file:///home/pi/z"
    assert COMMON.text(said) == (
        "busy: <user> on <host> holds it; ssh <user>@other: ~/models/x.gguf, /home/<user>/y, file://~/z"
    )
    assert COMMON.text("pi") == "<user>"


def test_the_longest_name_is_meant():
    """A home folder is not a slash and a user; a host's name within another is another."""
    said = "ssh cannot reach alice@orin-01: /home/alice/.ssh on ci-7.lab; malice, ci-77 and ci-7-b are others"
    assert PRIVATE.text(said) == "ssh cannot reach <destination>: ~/.ssh on <host>; malice, ci-77 and ci-7-b are others"
    assert PRIVATE.text("OpenAI-compatible server at http://llm.lab:8000/v1") == (
        "OpenAI-compatible server at http://<server>/v1"
    )


def test_names_of_the_inventory_stay():
    """A device may be called as its destination or its account is: rows are found by it."""
    record = {"device": "ci-7", "first_cause": "lost ci-7", "environment": {"device": {"governor_reason": "ci-7"}}}
    row = {"fullname": "dev:ci-7:", "params": {"who": "ci-7"}, "extra_info": {KEY: record}}
    shown = {"device": "ci-7", "first_cause": "lost <host>", "environment": {"device": {"governor_reason": "<host>"}}}
    assert PRIVATE.row(row) == {**row, "extra_info": {KEY: shown}}
    known = Private(machines={}, users=frozenset(("pi",)), declared=frozenset(("pi",)))
    assert known.extra_info({"device": "pi"}) == {"device": "pi"}


def test_what_a_test_puts_beside_the_record_is_free_text():
    """At any depth, with any keys."""
    extra = {"platform": "ci-7", "notes": [{"at": "/home/alice/notes"}, 3], KEY: {"environment": {"platform": "ci-7"}}}
    assert PRIVATE.extra_info(extra) == {
        "platform": "<host>",
        "notes": [{"at": "~/notes"}, 3],
        KEY: {"environment": {"platform": "ci-7"}},
    }


def test_of_a_machine_only_its_name_goes():
    """pytest-benchmark calls it `node`; what a project adds is free text."""
    known = {"processor": "nano", "release": "6.1-ci-7", "cpu": {"brand_raw": "pi"}, "python_version": "3.11"}
    assert PRIVATE.machine({**known, "node": "anything", "runner": "ci-7"}) == {
        **known,
        "node": "<host>",
        "runner": "<host>",
    }


def test_the_host_of_another_run_is_left_out_whatever_it_is_called():
    """It is nobody's that this machine knows; its processor, its commit and its versions are facts."""
    origin = {"node": "bench-3", "cpu": "nano", "datetime": "2026-01-01", "commit": "0c" * 20, "pytest_benchmark": "5"}
    assert PRIVATE.record({"origin": origin}) == {"origin": {**origin, "node": "<host>"}}
    unknown = {"origin": {**origin, "node": None}}
    assert PRIVATE.record(unknown) == unknown


def test_paths_in_a_models_metadata_lose_the_home_folder_and_nothing_else():
    """llama.cpp writes there which file the importance matrix came from."""
    metadata = {"general.name": "nano ci-7", "quantize.imatrix.file": "/home/alice/imatrix.dat"}
    assert PRIVATE.record({"metadata": metadata}) == {
        "metadata": {"general.name": "nano ci-7", "quantize.imatrix.file": "~/imatrix.dat"}
    }


def test_a_flags_text_is_redacted_and_its_names_are_not():
    """`numbers` holds a name and a value each."""
    numbers = [["attempts", 2], ["ci-7", "lost ci-7"]]
    assert PRIVATE.record({"numbers": numbers}) == {"numbers": [["attempts", 2], ["ci-7", "lost <host>"]]}


@pytest.mark.parametrize("text", ["", "abc", "/home/x", "~"])
def test_without_private_names_nothing_is_changed(text):
    """A machine of which nothing is known."""
    assert Private(machines={}).text(text) == text


def test_a_redacted_row_is_plain_json():
    """Written as any other."""
    assert json.loads(json.dumps(PRIVATE.row(raw_row(whole_row(2))))) == PRIVATE.row(raw_row(whole_row(2)))
