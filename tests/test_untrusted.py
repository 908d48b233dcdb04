"""Files and JSON from outside."""

from __future__ import annotations

import gzip
import json
import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.untrusted import NotJson, open_regular, open_unpacked, parse_json, parse_json_at, read_bounded

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_json_comes_back_as_it_was(value: object):
    """What is JSON is read whole, from text and from bytes."""
    text = json.dumps(value)
    assert parse_json(text) == value
    assert parse_json(text.encode()) == value


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_any_other_text_is_one_error(text: str | bytes):
    """Whatever the bytes, it is a value or NotJson, and no other exception."""
    with suppress(NotJson):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("1" * 5_000, "digits"),
        ("[NaN]", "NaN is no number"),
        ("-Infinity", "-Infinity is no number"),
        (r'"\ud800"', "surrogate"),
        (b'"\xff"', "not UTF-8"),
        ('{"a" 1}', "line 1, column 6"),
    ],
    ids=["lists", "objects", "digits", "nan", "infinity", "surrogate", "bytes", "place"],
)
def test_json_that_cannot_be_taken_says_why(text: str | bytes, words: str):
    """One error, with the reason and where there is one the place."""
    with pytest.raises(NotJson, match=words):
        parse_json(text)


@pytest.mark.parametrize("text", ['{"a": [1, 2', '"half', '{"a":', ""])
def test_json_that_is_cut_short_is_known_as_such(text: str):
    """Advice differs: fetch it again, and not look for a typing error."""
    with pytest.raises(NotJson) as caught:
        parse_json(text)
    assert caught.value.cut_short


@pytest.mark.parametrize("name", ["a\x00b", "a\ud800b"])
def test_a_name_that_no_file_has_is_an_error_of_the_system(tmp_path: Path, name: str) -> None:
    """Python raises a ValueError there, which a reader of files does not expect."""
    with pytest.raises(OSError, match="no file can have this name"):
        open_regular(tmp_path / name)


def test_a_fifo_is_refused_at_once(tmp_path: Path):
    """Nobody writes into it, and the reader does not wait for them."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(OSError, match="a FIFO and not a regular file"):
        open_regular(fifo)


def test_a_folder_a_device_and_a_socket_are_refused(tmp_path: Path):
    """A device such as /dev/zero never ends."""
    with pytest.raises(OSError, match="a folder and not"):
        open_regular(tmp_path)
    with pytest.raises(OSError, match="a device and not"):
        open_regular(Path("/dev/zero"))
    place = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        with pytest.raises(OSError, match="No such device or address"):  # Linux refuses to open it
            open_regular(place)


def test_a_file_is_read_up_to_its_bound_and_refused_beyond_it(tmp_path: Path):
    """The bound itself is allowed."""
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bounded(path, at_most_bytes=5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_bounded(path, at_most_bytes=4)


def test_constants_are_taken_where_they_are_asked_for():
    """Other programs of Python write them; nothing else that is no JSON comes with them."""
    assert parse_json('{"a": [Infinity, -Infinity]}', constants=True) == {"a": [float("inf"), float("-inf")]}
    for text in (r'"\ud800"', "1" * 5_000, "[Nan]"):
        with pytest.raises(NotJson):
            parse_json(text, constants=True)


@given(json_values, st.text(" \t\n", max_size=3), st.text(max_size=5))
def test_a_value_among_others_is_found_with_its_end(value: object, before: str, behind: str):
    """What stands behind it is not looked at; a number alone could go on there."""
    text = json.dumps([value])
    assert parse_json_at(before + text + behind, len(before)) == ([value], len(before) + len(text))


@pytest.mark.parametrize("text", ["", "tru", '{"a": 1, "a": 2}', r'"\ud800"', "NaN", "[" * 100_000])
def test_a_value_among_others_is_refused_as_a_whole_text_is(text: str):
    """A key twice, a lone surrogate, what is no JSON."""
    with pytest.raises(NotJson):
        parse_json_at(text, 0)


@given(st.binary(max_size=2000))
def test_a_packed_file_is_read_as_what_it_packs(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    """And one that is not packed as it stands, if it does not begin as a packed one."""
    path = tmp_path_factory.mktemp("packed") / "file"
    path.write_bytes(gzip.compress(content))
    with open_unpacked(path) as file:
        assert file.read() == content
    path.write_bytes(b"x" + content)
    with open_unpacked(path) as file:
        assert file.read() == b"x" + content


@given(st.binary(min_size=20, max_size=400), st.data())
def test_a_packed_file_that_is_cut_or_changed_is_an_os_error_or_whole(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, data: st.DataObject
):
    """Its checksum is looked at, so nothing else than the content comes out of it as a whole."""
    packed = bytearray(gzip.compress(content))
    path = tmp_path_factory.mktemp("damaged") / "file"
    place = data.draw(st.integers(2, len(packed) - 1))
    path.write_bytes(packed[:place])
    with open_unpacked(path) as file, pytest.raises(OSError, match=r"what gzip packed in it is (cut short|damaged)"):
        file.read()
    packed[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(packed)
    with suppress(OSError), open_unpacked(path) as file:
        assert file.read() == content
