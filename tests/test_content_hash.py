"""The hash of a file: read once as long as the file stays, and again when anything about it changes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.content_hash import file_sha256, files_sha256
from configspec.errors import UsageError


@given(first=st.binary(max_size=20), data=st.data())
@settings(max_examples=30)
def test_a_file_changed_in_place_has_another_hash(
    tmp_path_factory: pytest.TempPathFactory, first: bytes, data: st.DataObject
) -> None:
    """Of the same length, under the same name and number, with the time of the change set back."""
    path = tmp_path_factory.mktemp("hash") / "file"
    path.write_bytes(first)
    assert file_sha256(path) == hashlib.sha256(first).hexdigest()
    before, second = path.stat(), data.draw(st.binary(min_size=len(first), max_size=len(first)))
    with path.open("r+b") as file:
        file.write(second)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file_sha256(path) == hashlib.sha256(second).hexdigest()


def test_a_file_moved_over_another_has_its_own_hash(tmp_path: Path) -> None:
    """Though both have one size and one time."""
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (one, two):
        path.write_bytes(path.name.encode())
        os.utime(path, ns=(0, 0))
    before = file_sha256(one)
    two.replace(one)
    assert file_sha256(one) != before


def test_the_hash_of_several_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    """Not on their order or folder."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for name in ("x", "y"):
            (tmp_path / folder / name).write_text(name)
    first = files_sha256([tmp_path / "a" / "x", tmp_path / "a" / "y"])
    assert files_sha256([tmp_path / "b" / "y", tmp_path / "b" / "x"]) == first
    (tmp_path / "b" / "y").write_text("z")
    assert files_sha256([tmp_path / "b" / "y", tmp_path / "b" / "x"]) != first


@pytest.mark.parametrize("kind", ["FIFO", "folder", "device", "absent", "loop"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    """By its path; a FIFO would wait for ever, and /dev/zero never end."""
    path = Path("/dev/zero") if kind == "device" else tmp_path / "file"
    match kind:
        case "FIFO":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to(path)
    with pytest.raises(UsageError, match=rf"{path} cannot be read"):
        file_sha256(path)
