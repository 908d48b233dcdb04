"""Prompt sets: what is asked, its hash, and the entries that are refused."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from damage import damaged_bytes, one_field_at_a_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.testbed import prompt_files, prompts
from configspec.testbed.prompt import Prompt
from configspec.testbed.prompt_files import read_entries
from configspec.testbed.prompts import PromptSet, default_prompts, read_prompts
from configspec.testbed.prompts_spec import PromptsSpec

SHAPES = Path(__file__).parents[2] / "fixtures" / "prompts" / "shapes"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "set.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_plain_lines_need_only_a_prompt(tmp_path: Path) -> None:
    """The text is kept as it stands, spaces at its end included; blank lines count as lines."""
    text = '{"prompt": " def f():\\n  "}\n\n{"prompt": "y", "id": "why", "category": "c"}\n'
    assert read_prompts(write(tmp_path, text)).prompts == (
        Prompt(id="1", content=" def f():\n  ", category="uncategorised"),
        Prompt(id="why", content="y", category="c"),
    )


ONE_SHAPE = "Write one JSON object a line, or a JSON array of objects"
PACKED = gzip.compress(b'{"prompt": "x"}', mtime=0)  # without the time, so that every process names its tests alike
REFUSED: list[tuple[str | bytes, str]] = [
    ("", f" has no prompts. {ONE_SHAPE}, of one of these shapes: OpenAI batch, OpenAI messages, ShareGPT, "),
    ("\n \n", " has no prompts."),
    ("[]", " has no prompts."),
    ('{"prompt": "x"}\n{"prompt": ', f": line 2 is not JSON: Expecting value at column 12. {ONE_SHAPE}."),
    ('{"a": ' * 100_000, ": line 1 is not JSON:"),
    ("[" * 100_000, ": entry 1 (line 1) is not JSON:"),
    ('{"prompt": "x", "prompt": "y"}', ": line 1 is not JSON: the key 'prompt' stands twice in one object."),
    ("3", f": line 1 is JSON, but no object. {ONE_SHAPE}."),
    ('[["x"]]', f": entry 1 (line 1) is JSON, but no object. {ONE_SHAPE}."),
    (
        '{"body": "x", "n": 1}',
        ": line 1 is of no shape that configspec knows: its keys are `body`, `n`. Known: OpenAI batch (`custom_id` "
        "with `body`), OpenAI messages (`messages`), ",
    ),
    ("{}", ": line 1 is of no shape that configspec knows: it has no keys. Known: "),
    ('{"prompt": " \\n"}', ": line 1: `prompt` is empty. Write a text, or delete the entry."),
    ('{"prompt": 3}', ": line 1: `prompt` is 3. It has to be text."),
    ('{"prompt": [1, 15043]}', ": line 1: `prompt[0]` is 1. It has to be a message: a role with its content."),
    (
        '{"prompt": "\\ud800"}',
        f": line 1 is not JSON: half of a surrogate pair stands in it alone. {ONE_SHAPE}.",
    ),
    ('[{"prompt": "\\ud800"}]', ": entry 1 (line 1) is not JSON: half of a surrogate pair stands in it alone."),
    ('{"prompt": "x", "score": NaN}', f": line 1 is not JSON: NaN is no number of JSON. {ONE_SHAPE}."),
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
    ('{"turns": []}', ": line 1: `turns` is empty. Delete the entry."),
    ('{"turns": 3}', ": line 1: `turns` is 3. It has to be text."),
    ('{"turns": [""]}', ": line 1: `turns[0]` is empty."),
    ('{"turns": ["x", 3]}', ": line 1: `turns[1]` is 3. It has to be text."),
    (
        '{"turns": ["FULL BENCHMARK DATA SHOULD BE FETCHED FROM THE SOURCE USING SPECDEC_BENCH"], "src_id": "1"}',
        ": line 1: `turns[0]` is SPEED-Bench's placeholder for a text that it does not hold. Fetch the texts",
    ),
    ('{"messages": []}', ": line 1: `messages` is empty. Delete the entry."),
    (
        '{"messages": [{"role": "assistant", "content": "x"}]}',
        ": line 1: `messages` has no user's message before the first answer. Delete the entry.",
    ),
    ('{"messages": [{"role": "user", "content": ""}]}', ": line 1: `messages[0].content` is empty."),
    ('{"messages": [{"role": "user"}]}', ": line 1: `messages[0].content` is None. It has to be text."),
    (
        '{"messages": [{"role": "king", "content": "x"}]}',
        ": line 1: the role of `messages[0]` is 'king'. Known: assist",
    ),
    (
        '{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}',
        ": line 1: `messages[0].content[0]` is 'image_url'. Only parts of the type text can be asked;",
    ),
    (
        '{"conversations": [{"from": "gpt", "value": "x"}]}',
        " has no prompts (1 conversations, each of which has no user's message before the first answer).",
    ),
    ('{"instruction": "x", "context": ["y"]}', ": line 1: `context` is ['y']. It has to be text."),
    ('{"prompt": "x", "system": ["y"]}', ": line 1: `system` is ['y']. It has to be text."),
    ('{"prompt": "x", "category": 3}', ": line 1: `category` is 3. It has to be text."),
    ('{"prompt": "x", "id": [1]}', ": line 1: the id is [1]. It has to be text or a whole number."),
    (
        '{"prompt": "x", "id": "a"}\n{"prompt": "y", "id": "a"}',
        ": line 2: the id 'a' is that of line 1 too. Rename one.",
    ),
    (
        '[{"prompt": "x", "id": "a"},\n {"prompt": "y", "id": "a"}]',
        ": entry 2 (line 2): the id 'a' is that of entry 1 (line 1) too. Rename one.",
    ),
    (
        '{"prompt": "x"}\n{"question": "y"}',
        ": line 2 has no `prompt`; its keys are `question`, and line 1 is of the shape prompts. Keep entries of one",
    ),
    (
        '{"instruction": "x"}\n{"instruction": "y", "context": "z"}',
        ": line 2 is of the shape Dolly, and line 1 is of the shape Alpaca. Keep entries of one shape in a file.",
    ),
    (b'{"prompt": "\xff"}', ": byte 13 is not UTF-8. Save the file as UTF-8."),
    (b'["\xff"]', ": byte 3 is not UTF-8. Save the file as UTF-8."),
    ('{"prompt": "x"}'.encode("utf-16"), " is in UTF-16. Save it as UTF-8."),
    ('{"prompt": "x"}'.encode("utf-16-be"), " holds zero bytes, as UTF-16 does. Save it as UTF-8 text."),
    ('{"prompt": "x"}'.encode("utf-32"), " is in UTF-32. Save it as UTF-8."),
    (b"PAR1\x15\x04", " is a Parquet file. Convert it: pandas.read_parquet(FILE).to_json("),
    (b"PK\x03\x04\x14", " is a ZIP archive. Unpack it."),
    (
        '[\n{"prompt": "x"},\n{"prompt": }]',
        ": entry 2 (line 3) is not JSON: Expecting value at line 3, column 12. Write",
    ),
    ('[{"prompt": "x"}', f": line 1: the file ends where a comma or the array's end is due. {ONE_SHAPE}."),
    ('[{"prompt": "x"},', ": entry 2 (line 1) is not JSON: Expecting value at line 1, column 18. Write"),
    ('[{"prompt": "x"}\n{"prompt": "y"}]', ": line 2: '{' stands where a comma or the array's end is due."),
    ('[{"prompt": "x"}]\n[]', ": line 2: something stands behind the array's end."),
    (PACKED[:-9], " cannot be read: what gzip packed in it is cut short."),
    (PACKED[:-8] + b"\0" * 8, " cannot be read: what gzip packed in it is damaged"),
    (PACKED + b"x", " cannot be read: what gzip packed in it is damaged"),
]


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_an_entry_that_is_no_prompt_is_refused(tmp_path: Path, text: str | bytes, told: str) -> None:
    """The file, the line, what was found, what would do."""
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as error:
        read_prompts(path)
    assert str(error.value).startswith(f"{path}{told}")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what should be there."""
    with pytest.raises(UsageError, match=r"nope\.jsonl cannot be read: No such file or directory\. Write one JSON"):
        read_prompts(tmp_path / "nope.jsonl")


texts_of_any_sign = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
texts = st.lists(texts_of_any_sign, min_size=1, max_size=4)


def plain(folder: Path, asked: list[str], **more: str) -> PromptSet:
    lines = (json.dumps({"prompt": prompt, **more}, ensure_ascii=False) for prompt in asked)
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
        with pytest.raises(UsageError, match=r"and not a regular file\. Write one JSON object a line"):
            read_prompts(path)


@pytest.mark.parametrize("line", ['{"prompt": "a", "prompt": "b"}', '{"turns": ["x"], "meta": {"a": 1, "a": 2}}'])
def test_a_key_that_stands_twice_is_refused(tmp_path: Path, line: str) -> None:
    """One of the two would be lost without a word: another text would be measured than somebody wrote."""
    with pytest.raises(UsageError, match=r"line 2 is not JSON: the key '(prompt|a)' stands twice in one object"):
        read_prompts(write(tmp_path, b'{"prompt": "x"}\n' + line.encode()))


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """The file is sparse: a gigabyte in one line, of which no more than the bound is read."""
    path = tmp_path / "set.jsonl"
    with path.open("wb") as file:
        file.write(b'{"prompt": "x"}\n{"prompt": "')
        file.truncate(1 << 30)
    with pytest.raises(UsageError, match=r"line 2 goes beyond 16,777,216 bytes"):
        read_prompts(path)


def test_more_prompts_than_a_run_can_measure_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the bound are a set, one more is none."""
    monkeypatch.setattr(prompts, "MAX_PROMPTS", 100)
    assert len(read_prompts(write(tmp_path, b'{"prompt":"x"}\n' * 100)).prompts) == 100
    with pytest.raises(UsageError, match="has more than 100 prompts"):
        read_prompts(write(tmp_path, b'{"prompt":"x"}\n' * 101))


REAL = tuple(path.read_bytes() for path in sorted(SHAPES.iterdir()))


def test_damage_is_a_set_or_one_error(tmp_path: Path) -> None:
    """Every field of every shape made extreme, and files cut, holed, flipped and doubled, packed ones too."""
    entries = [entry.value for path in sorted(SHAPES.iterdir()) for entry in read_entries(path)]
    damaged = [
        (name, json.dumps(d).encode()) for one in entries for name, d in one_field_at_a_time(one, seed=1, at_most=12)
    ]
    for content in REAL:
        damaged += [*damaged_bytes(content, seed=1, count=20), *damaged_bytes(gzip.compress(content), seed=1, count=8)]
    for name, content in damaged:
        path, found = write(tmp_path, content), None
        with contextlib.suppress(UsageError):
            found = read_prompts(path).prompts
        assert all(len(prompt.id) <= 200 and len(prompt.category) <= 200 for prompt in found or ()), name


def test_what_gzip_packed_is_counted_as_it_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed file of a few kilobytes may hold a gigabyte; no more than the bound of it is unpacked."""
    monkeypatch.setattr(prompt_files, "MAX_FILE_BYTES", 1 << 20)
    lines = gzip.compress(b'{"prompt": "x"}' + b" " * 1000 + b"\n" * 50 + b" " * (2 << 20))
    array = gzip.compress(b'["x", ' + b" " * (8 << 20))
    for content in (lines, array):
        with pytest.raises(UsageError, match="holds more than 1,048,576 bytes"):
            read_prompts(write(tmp_path, content))


def test_blank_lines_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To skip a gigabyte of them would take minutes."""
    monkeypatch.setattr(prompt_files, "MAX_LINES", 1000)
    with pytest.raises(UsageError, match=r"has more than 1,000 lines"):
        read_prompts(write(tmp_path, gzip.compress(b"\n" * 2000)))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(texts_of_any_sign, min_size=1, max_size=6), st.integers(1, 40), st.sampled_from([None, 1, 4]))
def test_an_array_is_read_whole_in_pieces_of_any_size(
    tmp_path: Path, one: list[str], piece: int, indent: int | None
) -> None:
    """Wherever a piece ends: in a letter of several bytes, an escape, a word of JSON."""
    entries = [{"prompt": text, "id": f"{number}", "n": True} for number, text in enumerate(one)]
    content = json.dumps(entries, indent=indent, ensure_ascii=piece % 2 == 0).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prompt_files, "PIECE_BYTES", piece)
        found = read_prompts(write(tmp_path, content))
    assert [prompt.text for prompt in found.prompts] == one


def test_a_fault_in_an_array_is_named_by_its_line_in_the_file(tmp_path: Path) -> None:
    """Also a megabyte behind the first piece that was read."""
    entries = [f'{{"prompt": "{"x" * 1000}"}}' for _ in range(2000)]
    entries[1500] = '{"prompt": tru}'
    with pytest.raises(
        UsageError, match=r"entry 1501 \(line 1501\) is not JSON: Expecting value at line 1501, column 12"
    ):
        read_prompts(write(tmp_path, "[" + ",\n".join(entries) + "]"))


def test_any_file_is_read_by_the_keys_that_are_declared(tmp_path: Path) -> None:
    """Of a shape that nobody knows; with dots into mappings, and several keys in the order that is declared."""
    path = write(tmp_path, '{"doc": {"body": "B."}, "ask": "A?", "n": 4, "kind": "k"}\n{"doc": {"body": "D."}, "n": 5}')
    declared = PromptsSpec(path=path, text=("doc.body", "ask"), id="n", category="kind")
    assert read_prompts(path, declared).prompts == (
        Prompt(id="4", content="B.\n\nA?", category="k"),
        Prompt(id="5", content="D."),
    )


def test_id_and_category_are_declared_beside_a_known_shape_too(tmp_path: Path) -> None:
    """The prompt is still the shape's."""
    path = write(tmp_path, '{"turns": ["T."], "source": "s", "key": "k"}')
    found = read_prompts(path, PromptsSpec(path=path, id="key", category="source"))
    assert (found.shape, found.prompts) == ("Spec-Bench, MT-bench", (Prompt(id="k", content="T.", category="s"),))


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"text": ("txt",)}, ": line 1 has no `txt`; its keys are `text`, `kind`. Keep entries"),
        ({"id": "number"}, ": line 1 has no `number`, which is to hold its id. Correct the key."),
        ({"category": "sort"}, ": no entry has `sort`, its category. Correct the key."),
        ({"text": ("kind",)}, ": line 1: `kind` is 3. It has to be text."),
    ],
)
def test_a_declared_key_that_is_not_there_is_named(tmp_path: Path, declared: dict[str, Any], told: str) -> None:
    """A slip of the pen would else give every prompt the line's number, or no category."""
    path = write(tmp_path, '{"text": "x", "kind": 3}' if "category" not in declared else '{"text": "x"}')
    with pytest.raises(UsageError) as error:
        read_prompts(path, PromptsSpec(path=path, **declared))
    assert str(error.value).startswith(f"{path}{told}")


def test_the_hash_sees_who_says_what(tmp_path: Path) -> None:
    """The same words as a system's and a user's message are another prompt than as a user's alone."""
    one = '{"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]}'
    other = '{"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}'
    alone = '{"prompt": "a\\n\\nb"}'
    assert len({read_prompts(write(tmp_path, text)).sha256 for text in (one, other, alone)}) == 3
