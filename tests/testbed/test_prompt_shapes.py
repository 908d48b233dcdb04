"""Every shape of prompt files that is known by name, against a file of it."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from configspec.errors import UsageError
from configspec.testbed.prompt import Message
from configspec.testbed.prompt_files import read_entries
from configspec.testbed.prompt_shapes import PARTS, SHAPES, Shape, shape_of
from configspec.testbed.prompts import read_prompts

FOLDER = Path(__file__).parents[2] / "fixtures" / "prompts" / "shapes"
FILES = {path.name.partition(".")[0]: path for path in FOLDER.iterdir()}


def says(role: str, content: str) -> Message:
    return Message(role=role, content=content)  # type: ignore[arg-type]


# Of each file: (id, category, content) of its prompts, and what is counted.
WANTED = {
    "openai_batch": (
        [
            (
                "ask-1",
                "uncategorised",
                (says("system", "Answer in one line."), says("user", "Why is the harbour dredged?")),
            ),
            ("ask-2", "uncategorised", (says("user", "Name two kinds of buoys."),)),
        ],
        {"`tools` of entries": 1},
    ),
    "openai_messages": (
        [
            (
                "1",
                "uncategorised",
                (says("system", "You are a pilot."), says("user", "Which side does a red buoy mark?")),
            ),
            (
                "fog",
                "weather",
                (
                    says("developer", "Use metres."),
                    says("user", "How far does one see in fog?"),
                    says("user", "And in mist?"),
                ),
            ),
        ],
        {"later turns of conversations": 1},
    ),
    "sharegpt": (
        [
            ("a1_0", "uncategorised", (says("user", "Draft a notice about the new ferry times."),)),
            (
                "c3_0",
                "uncategorised",
                (
                    says("system", "You answer as a clerk."),
                    says("system", "Be kind."),
                    says("user", "When does the office open?"),
                ),
            ),
        ],
        {
            "later turns of conversations": 1,
            "conversations, each of which is empty": 1,
            "conversations, each of which has no user's message before the first answer": 1,
        },
    ),
    "lmsys_chat": ([("7f3a", "uncategorised", (says("user", "Explain a sluice to a child."),))], {}),
    "speed_bench": (
        [
            ("9b1d", "coding", "Write a function that merges two sorted lists."),
            ("4c77", "humanities", "When were locks first built on canals?"),
        ],
        {"later turns of conversations": 1},
    ),
    "spec_bench": (
        [
            ("501", "writing", "Describe a harbour at dawn."),
            ("502", "translation", "Translate German to English: Die Fähre legt um acht ab."),
        ],
        {"later turns of conversations": 1},
    ),
    "mt_bench_hub": ([("31", "roleplay", "Plan a day on a small island.")], {"later turns of conversations": 1}),
    "human_eval": (
        [
            (
                "Made/0",
                "uncategorised",
                'def tide(hours: list[int]) -> int:\n    """The number of high waters."""\n',
            )
        ],
        {},
    ),
    "dolly": (
        [
            ("1", "closed_qa", "Who built the pier?\n\nThe pier was built by Ada Holm in 1911."),
            ("2", "brainstorming", "Name a kind of knot."),
        ],
        {},
    ),
    "alpaca": (
        [
            ("1", "uncategorised", "Put this into Dutch.\n\nThe kettle is on the stove."),
            ("2", "uncategorised", "Count to four."),
        ],
        {},
    ),
    "longbench_v2": (
        [
            (
                "66f3",
                "Single-Document QA",
                "Rules of the port. The east quay is for fishing boats.\n\nWho may moor at the east quay?\n\n"
                "Anybody\n\nFishing boats\n\nNobody\n\nFerries",
            )
        ],
        {},
    ),
    "longbench": (
        [
            (
                "5ca1",
                "multifieldqa_en",
                "From the cape it is nine miles to Ness and four to Oban.\n\nWhich port is nearest?",
            ),
            ("9be2", "gov_report", "Minutes of the harbour council: the crane is to be painted."),
        ],
        {},
    ),
    "squad": ([("56be", "uncategorised", "The lamp was lit in 1874.\n\nWhen was the lamp lit?")], {}),
    "gsm8k": (
        [
            ("1", "uncategorised", "A crate holds 6 nets. How many nets are in 7 crates?"),
            ("2", "uncategorised", "A boat sails 9 miles in 3 hours. How many miles in 5?"),
        ],
        {},
    ),
    "prompts": (
        [
            ("tides", "prose", "The tide tables of "),
            ("2", "uncategorised", "import csv\n"),
            ("7", "uncategorised", (says("user", "Which winds bring rain?"),)),
        ],
        {},
    ),
    "texts": ([("1", "uncategorised", "Once the fog had lifted, ")], {}),
}
EACH = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.slug)


def test_every_shape_has_a_file_and_every_file_a_shape() -> None:
    """Or one would be tried by nobody."""
    assert {shape.slug for shape in SHAPES} == set(FILES) == set(WANTED)


@EACH
def test_a_file_of_a_shape_is_known_by_it_and_taken_whole(shape: Shape) -> None:
    """Its ids, categories and prompts; what is no part of a prompt is counted."""
    found = read_prompts(FILES[shape.slug])
    prompts, not_taken = WANTED[shape.slug]
    assert found.shape == shape.name
    assert [(one.id, one.category, one.content) for one in found.prompts] == prompts
    assert dict(found.not_taken) == not_taken


@EACH
def test_every_entry_of_a_file_is_claimed_by_its_shape_alone(shape: Shape) -> None:
    """No earlier shape of the table takes it: where several fit, the one that asks the most comes first."""
    for entry in read_entries(FILES[shape.slug]):
        assert isinstance(entry.value, dict)
        assert shape_of(entry.value) is shape


def values(shape: Shape) -> list[dict[str, Any]]:
    return [entry.value for entry in read_entries(FILES[shape.slug]) if isinstance(entry.value, dict)]


WRITTEN: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "lines": lambda entries: "\n".join(json.dumps(one) for one in entries).encode(),
    "lines of Windows": lambda entries: "\r\n".join(json.dumps(one) for one in entries).encode() + b"\r\n",
    "lines behind a byte order mark": lambda entries: (
        codecs.BOM_UTF8 + "\n".join(json.dumps(one, ensure_ascii=False) for one in entries).encode()
    ),
    "an array in one line": lambda entries: json.dumps(entries).encode(),
    "an array in many lines": lambda entries: b"\n " + json.dumps(entries, indent=4, ensure_ascii=False).encode(),
    "packed lines": lambda entries: gzip.compress("\n".join(json.dumps(one) for one in entries).encode()),
    "a packed array": lambda entries: gzip.compress(json.dumps(entries, indent=1).encode()),
    "packed in two parts": lambda entries: b"".join(gzip.compress(json.dumps(one).encode() + b"\n") for one in entries),
}


@EACH
@pytest.mark.parametrize("form", WRITTEN)
def test_a_set_is_the_same_in_every_form(shape: Shape, form: str, tmp_path: Path) -> None:
    """Lines or an array, packed or not: the same prompts and the same hash."""
    path = tmp_path / "set"
    path.write_bytes(WRITTEN[form](values(shape)))
    found, wanted = read_prompts(path), read_prompts(FILES[shape.slug])
    assert (found.prompts, found.sha256, found.not_taken) == (wanted.prompts, wanted.sha256, wanted.not_taken)


@EACH
def test_no_part_of_what_is_asked_is_left_out_in_silence(shape: Shape, tmp_path: Path) -> None:
    """Whatever an entry holds beside its prompt is in the prompt, is counted, or makes it another shape's."""
    path = tmp_path / "set.json"
    for part in PARTS:
        entry = values(shape)[0]
        inner = entry[shape.inside] if shape.inside else entry
        inner[part] = "a part that is asked"
        path.write_text(json.dumps([entry]), encoding="utf-8")
        found = read_prompts(path)
        (prompt,) = found.prompts
        assert "a part that is asked" in prompt.text or f"`{part}` of entries" in dict(found.not_taken), part


@EACH
def test_a_system_message_beside_a_prompt_is_a_part_of_it(shape: Shape, tmp_path: Path) -> None:
    """In every shape."""
    entry = values(shape)[0]
    path = tmp_path / "set.json"
    path.write_text(json.dumps([{**entry, "system": "Be brief."}]), encoding="utf-8")
    assert read_prompts(path).prompts[0].messages[0] == says("system", "Be brief.")


@EACH
def test_two_shapes_in_a_file_are_an_error_or_ask_the_same(shape: Shape, tmp_path: Path) -> None:
    """What an entry asks does not depend on which shape stands above it in the file."""
    path = tmp_path / "set.json"
    alone = read_prompts(FILES[shape.slug]).prompts[0].messages
    for above in SHAPES:
        if above is shape:
            continue
        path.write_text(json.dumps([values(above)[0], values(shape)[0]]), encoding="utf-8")
        told, found = "", None
        try:
            found = read_prompts(path).prompts[-1].messages
        except UsageError as error:
            told = str(error)
        assert ("entry 2 (line 1)" in told and "entries of one shape" in told) or found == alone
