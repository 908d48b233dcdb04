"""Prompt sets of three kinds, and the lines that are refused."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from damage import damaged_bytes, one_field_at_a_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.testbed.prompt import Prompt
from configspec.testbed.prompts import MAX_PROMPTS, PromptSet, default_prompts, read_prompts

SPEC_BENCH = """\
{"question_id": 81, "category": "writing", "turns": ["Describe a harbour.", "Now as a poem."]}
{"question_id": 161, "category": "math", "turns": ["What is 3 * 4?"], "reference": ["12"]}
"""
DOLLY = """\
{"instruction": "Who built it?", "context": "Ada built it in May.", "response": "Ada", "category": "closed_qa"}
{"instruction": "Name a colour.", "context": "", "response": "Red", "category": "brainstorming"}
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "set.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_spec_bench_gives_its_first_turns(tmp_path: Path) -> None:
    """Later turns answer what another model said."""
    assert read_prompts(write(tmp_path, SPEC_BENCH)).prompts == (
        Prompt(id="81", content="Describe a harbour.", category="writing"),
        Prompt(id="161", content="What is 3 * 4?", category="math"),
    )


def test_dolly_puts_the_context_after_an_empty_line(tmp_path: Path) -> None:
    """It has no ids, so the line's number is one; the response is not for the target to see."""
    assert read_prompts(write(tmp_path, DOLLY)).prompts == (
        Prompt(id="1", content="Who built it?\n\nAda built it in May.", category="closed_qa"),
        Prompt(id="2", content="Name a colour.", category="brainstorming"),
    )


def test_plain_lines_need_only_a_prompt(tmp_path: Path) -> None:
    """The text is kept as it stands, spaces at its end included; blank lines count as lines."""
    text = '{"prompt": " def f():\\n  "}\n\n{"prompt": "y", "id": "why", "category": "c"}\n'
    assert read_prompts(write(tmp_path, text)).prompts == (
        Prompt(id="1", content=" def f():\n  ", category="uncategorised"),
        Prompt(id="why", content="y", category="c"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "",
            " has no prompts. Write one JSON object a line, with `prompt`, `turns` (Spec-Workbench) or `instr",
        ),
        ("\n \n", " has no prompts."),
        (
            '{"prompt": "x"}\n{"prompt": ',
            ": line 2 is not JSON: Expecting value at column 12. Write one JSON object a line.",
        ),
        ("[" * 100_000, ": line 1 is not JSON:"),
        ('[\n{"prompt": "x"}]', ": line 1 is not JSON:"),
        ('["x"]', ": line 1 is JSON, but no object. Write one JSON object a line."),
        (
            '{"text": "x", "n": 1}',
            ": line 1 has none of `prompt`, `turns` (Spec-Workbench) or `instruction` (Dolly); its keys "
            "are ['text', 'n']. Add the prompt.",
        ),
        ('{"prompt": " \\n"}', ": line 1: `prompt` is empty. Write a text, or delete the line."),
        ('{"prompt": 3}', ": line 1: `prompt` is 3. It has to be text."),
        ('{"prompt": "\\ud800"}', ": line 1 is not JSON: half of a surrogate pair stands in it alone. Write one JSON"),
        (
            '{"prompt": "x", "score": NaN}',
            ": line 1 is not JSON: NaN is no number of JSON. Write one JSON object a line.",
        ),
        ('{"prompt": "x", "id": ' + "1" * 5000 + "}", ": line 1 is not JSON: Exceeds the limit"),
        ('{"prompt": "x", "id": ' + "1" * 400 + "}", ": line 1: the id is '11111"),
        (
            '{"prompt": "x", "id": "a\\u001b[31m"}',
            ": line 1: the id is 'a\\x1b[31m'. It has to be of at most 200 letters",
        ),
        (
            '{"prompt": "x", "category": "a\\u202eb"}',
            ": line 1: `category` is 'a\\u202eb'. It has to be of at most 200",
        ),
        ('{"turns": []}', ": line 1: `turns` is []. It has to be a list of texts, at least one."),
        ('{"turns": "x"}', ": line 1: `turns` is 'x'. It has to be a list of texts, at least one."),
        ('{"turns": [""]}', ": line 1: `turns[0]` is empty."),
        ('{"instruction": "x", "context": ["y"]}', ": line 1: `context` is ['y']. It has to be text."),
        ('{"prompt": "x", "category": 3}', ": line 1: `category` is 3. It has to be text."),
        ('{"prompt": "x", "id": [1]}', ": line 1: the id is [1]. It has to be text or a whole number."),
        (
            '{"prompt": "x", "id": "a"}\n{"prompt": "y", "id": "a"}',
            ": line 2: the id 'a' is that of line 1 too. Rename one.",
        ),
        (b'{"prompt": "\xff"}', ": byte 13 is not UTF-8. Save the file as UTF-8."),
    ],
)
def test_a_line_that_is_no_prompt_is_refused(tmp_path: Path, text: str | bytes, told: str) -> None:
    """The file, the line, what was found, what would do."""
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as error:
        read_prompts(path)
    assert str(error.value).startswith(f"{path}{told}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what should be there."""
    with pytest.raises(UsageError, match=r"nope\.jsonl cannot be read: No such file or directory\. Name a prompt set"):
        read_prompts(tmp_path / "nope.jsonl")


texts = st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip), min_size=1, max_size=4)


def plain(folder: Path, prompts: list[str], **more: str) -> PromptSet:
    lines = (json.dumps({"prompt": prompt, **more}, ensure_ascii=False) for prompt in prompts)
    return read_prompts(write(folder, "\n".join(lines)))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts, texts)
def test_the_hash_is_of_the_texts_and_their_order(tmp_path: Path, one: list[str], other: list[str]) -> None:
    """Equal where the texts are equal, in whatever file; different where they are not."""
    found = plain(tmp_path, one)
    assert [prompt.text for prompt in found.prompts] == one
    assert found.sha256 == plain(tmp_path, one, category="c").sha256
    turns = "\n".join(json.dumps({"turns": [text, "more"], "question_id": n}) for n, text in enumerate(one))
    assert found.sha256 == read_prompts(write(tmp_path, turns)).sha256
    assert (found.sha256 == plain(tmp_path, other).sha256) == (one == other)


def test_the_hash_sees_where_a_prompt_ends(tmp_path: Path) -> None:
    """The same words, cut elsewhere, are other prompts."""
    assert plain(tmp_path, ["ab", "c"]).sha256 != plain(tmp_path, ["a", "bc"]).sha256


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.text('{}[]":,promturnsictx 0\n').map(str.encode))
def test_any_bytes_are_a_set_or_an_error(tmp_path: Path, content: bytes) -> None:
    """Nothing that a file can hold ends in another exception."""
    with contextlib.suppress(UsageError):
        assert read_prompts(write(tmp_path, content)).prompts


def test_the_default_set_is_24_prompts_in_six_categories() -> None:
    """Four each, no text twice; a prompt ends a line, or prose before its next space."""
    prompts = default_prompts().prompts
    assert Counter(Counter(prompt.category for prompt in prompts).values()) == {4: 6}
    assert len({prompt.text for prompt in prompts}) == 24
    assert all(prompt.text.endswith("\n") != (prompt.category == "prose") for prompt in prompts)
    assert not any(prompt.text.endswith(" ") for prompt in prompts)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """A FIFO would be waited for, a device read without end."""
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match=r"and not a regular file\. Name a prompt set"):
            read_prompts(path)


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """The file is sparse: a gigabyte in one line, of which no more than the bound is read."""
    path = tmp_path / "set.jsonl"
    with path.open("wb") as file:
        file.write(b'{"prompt": "x"}\n{"prompt": "')
        file.truncate(1 << 30)
    with pytest.raises(UsageError, match=r"line 2 goes beyond 16,777,216 bytes a line"):
        read_prompts(path)


def test_more_prompts_than_a_run_can_measure_are_refused(tmp_path: Path) -> None:
    """A hundred thousand are a set, one more is none."""
    with pytest.raises(UsageError, match="has more than 100,000 prompts"):
        read_prompts(write(tmp_path, b'{"prompt":"x"}\n' * (MAX_PROMPTS + 1)))


REAL = (
    b'{"id": "a", "category": "code", "prompt": "def f(x):\\n"}\n'
    b'{"question_id": 81, "category": "writing", "turns": ["Describe a harbour.", "Now as a poem."]}\n'
    b'{"instruction": "Who built it?", "context": "Ada built it in May.", "category": "closed_qa"}\n'
)


def test_damage_is_a_set_or_one_error(tmp_path: Path) -> None:
    """Every field of every kind of line made extreme, and the file cut, holed, flipped and doubled."""
    lines = [json.loads(line) for line in REAL.splitlines()]
    damaged = [
        (name, json.dumps(d).encode()) for line in lines for name, d in one_field_at_a_time(line, seed=1, at_most=60)
    ]
    for name, content in [*damaged, *damaged_bytes(REAL, seed=1, count=100)]:
        path, found = write(tmp_path, content), None
        with contextlib.suppress(UsageError):
            found = read_prompts(path).prompts
        assert all(len(prompt.id) <= 200 and len(prompt.category) <= 200 for prompt in found or ()), name
