"""YAML into plain values, and the files that are refused."""

from __future__ import annotations

import contextlib
import json
import time
from collections import ChainMap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.testbed.yaml_file import MAX_BYTES, read_document

WriteInventory = Callable[[str | bytes], Path]


def read(path: Path) -> Any:
    return read_document(path)[0]


def test_scalars_mean_what_they_look_like(write_inventory: WriteInventory) -> None:
    """YAML 1.1 would make these False, 750, 8, a date, and keys True and 1.7."""
    text = "{a: no, b: 12:30, c: 010, d: 2026-01-02, on: x, 1.70: y, e: 1e3, f: true, g: ~, h: 1_000}"
    expected = {"a": "no", "b": "12:30", "c": 10, "d": "2026-01-02", "on": "x", "1.70": "y"}
    assert read(write_inventory(text)) == expected | {"e": 1000.0, "f": True, "g": None, "h": "1_000"}


def test_anchors_and_merges_work(write_inventory: WriteInventory) -> None:
    """What is written beside `<<` wins over what it brings, also where that mapping is merged again."""
    text = "a: &a {x: 1, y: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: [*b], z: 3}\nd: *b"
    b = {"x": 1, "y": 2}
    assert read(write_inventory(text)) == {"a": {"x": 1, "y": 1}, "b": b, "c": {**b, "z": 3}, "d": b}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(["model", "quants", "k", "n"]), st.integers(0, 9)), min_size=2))
def test_a_merge_takes_what_stands_first(write_inventory: WriteInventory, parts: list[dict[str, int]]) -> None:
    """The mapping's own keys, then the listed mappings in their order."""
    own, *sources = parts
    lines = [f"s{i}: &s{i} {json.dumps(source)}" for i, source in enumerate(sources)]
    merge = f"<<: [{', '.join(f'*s{i}' for i in range(len(sources)))}]"
    lines += [f"merged: {{{', '.join([merge, *(f'{key}: {value}' for key, value in own.items())])}}}"]
    assert read(write_inventory("\n".join(lines)))["merged"] == dict(ChainMap(own, *sources))


def test_a_byte_order_mark_is_no_part_of_the_text(write_inventory: WriteInventory) -> None:
    """Some editors of Windows write one."""
    assert read(write_inventory("\ufeffa: 1")) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:\n\tb: 1", "line 2, column 1: found character '\\t' that cannot start any token. YAML indents with spaces"),
        ("a: {b: [}", "line 1, column 9: expected the node content, but found '}', while parsing a flow node."),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second YAML document begins. Keep one"),
        ("a: 1\nb: 2\na: 3", "line 3, column 1: key 'a' already exists, at line 1. Rename or delete one."),
        ("a: {<<: &x {b: 1}, b: 2, b: 3}", "line 1, column 26: key 'b' already exists, at line 1."),
        ("a: *b", "line 1, column 4: found undefined alias 'b'."),
        ("a: &a [*a]", "line 1, column 8: alias *a is inside what it names."),
        ("a: !!set {b}", "line 1, column 4: tag '!!set' is not used in this file. Delete it."),
        (
            "a: !!python/object/apply:os.getcwd []",
            "line 1, column 4: tag '!!python/object/apply:os.getcwd' is not used",
        ),
        ("a: !!int x", "line 1, column 4: tag '!!int' is not used"),
        ("? [a]\n: 1", "line 1, column 3: a key is a list or a mapping. A key is a name."),
        ("a: {<<: 3}", "line 1, column 9: `<<` brings a scalar. It brings a mapping, or a list of mappings."),
        ("[" * 1000, "line 1, column 33: this is nested more than 32 deep."),
        ("a: \x07", "unacceptable character #x0007: special characters are not allowed"),
        (b"a: \xff", "byte 4 is not UTF-8. Save the file as UTF-8."),
    ],
)
def test_a_file_that_is_not_our_yaml_is_refused(write_inventory: WriteInventory, text: str | bytes, told: str) -> None:
    """One line: the file, the place in it, what was found, what would do."""
    with pytest.raises(UsageError) as error:
        read_document(write_inventory(text))
    assert str(error.value).startswith(f"devices.yaml: {told}")
    assert "\n" not in str(error.value)


def test_a_billion_laughs_end_quickly(write_inventory: WriteInventory) -> None:
    """Nine levels of ten aliases stand for 10^9 values; the bound stops at the first level over it."""
    lines = ["a: &a [" + ",".join("x" * 10) + "]"]
    lines += [f"{c}: &{c} [{','.join([f'*{b}'] * 10)}]" for b, c in zip("abcdefghi", "bcdefghij", strict=True)]
    began = time.process_time()
    with pytest.raises(UsageError, match=r"line 4, column [0-9]+: more than 10,000 values, once aliases are expanded"):
        read_document(write_inventory("\n".join(lines)))
    assert time.process_time() - began < 1


def test_laughs_through_merges_end_too(write_inventory: WriteInventory) -> None:
    """`<<` multiplies as a list of aliases does."""
    lines = ["a: &a {x: 1}"]
    lines += [f"{c}: &{c} {{<<: [{','.join([f'*{b}'] * 10)}]}}" for b, c in zip("abcdefghi", "bcdefghij", strict=True)]
    with pytest.raises(UsageError, match=r"more than 10,000 values"):
        read_document(write_inventory("\n".join(lines)))


@pytest.mark.parametrize("text", ["[" + "x," * 11_000 + "]", "#" * (MAX_BYTES + 1)])
def test_a_file_far_too_large_is_refused(write_inventory: WriteInventory, text: str) -> None:
    """By its values or by its bytes."""
    with pytest.raises(UsageError, match=r"more than 10,000 values|holds more than 1,048,576 bytes"):
        read_document(write_inventory(text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With the whole path, since the wrong folder is the usual cause."""
    with pytest.raises(UsageError) as error:
        read_document(tmp_path / "devices.yaml")
    assert str(error.value).startswith(f"{tmp_path}/devices.yaml cannot be read: No such file or directory. Name the")
    with pytest.raises(UsageError, match="cannot be read: it is a folder and not a regular file"):
        read_document(tmp_path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.text(alphabet="ab:-[]{}&*<!|>'\"#? \n\t0.,~%@`"))
def test_any_text_is_a_document_or_an_error(write_inventory: WriteInventory, text: str) -> None:
    """Nothing that can be typed ends in another exception."""
    with contextlib.suppress(UsageError):
        read_document(write_inventory(text.encode("utf-8", "surrogatepass")))


json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"])),
    lambda part: st.lists(part) | st.dictionaries(st.text("abc", min_size=1), part),
    max_leaves=10,
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text("abc", min_size=1), json_like))
def test_what_json_can_say_is_read_as_json(write_inventory: WriteInventory, value: dict[str, Any]) -> None:
    """The reading agrees with YAML 1.2's promise that JSON is YAML."""
    assert read(write_inventory(json.dumps(value, ensure_ascii=False))) == value


@pytest.mark.parametrize(
    "text",
    [
        'a: "\\UFFFFFFFF"',
        "%YAML " + "1" * 5000 + ".1\n---\na: 1",
    ],
)
def test_what_stumbles_inside_the_library_is_an_error(write_inventory: WriteInventory, text: str) -> None:
    """A character beyond Unicode, and a version of thousands of digits: its own exceptions are no YAMLError."""
    with pytest.raises(UsageError, match=r"line 1, column [0-9]+: an escape or a version number that is none"):
        read_document(write_inventory(text))


@pytest.mark.parametrize(
    "text",
    [
        "b: &x 1\n" + "a" * 600_000 + ": 1\n" + "a" * 600_000 + ": 2\n",
        "a: *" + "b" * 900_000,
        "a: !" + "b" * 900_000 + " 1",
        "a: &" + "b" * 400_000 + " [*" + "b" * 400_000 + "]",
    ],
    ids=["key", "alias", "tag", "anchor"],
)
def test_a_name_without_end_is_cut_in_the_error(write_inventory: WriteInventory, text: str) -> None:
    """A file of a megabyte must not become a message of one."""
    with pytest.raises(UsageError) as error:
        read_document(write_inventory(text))
    assert len(str(error.value)) < 1000
