"""New files are made whole, and nothing that is there is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.scaffold.new_files import write_new

names = st.sampled_from(["a", "b", "deep/c", "deep/er/d"])


@given(there=st.sets(names), wanted=st.sets(names))
def test_each_file_is_made_or_kept(tmp_path_factory, there, wanted):
    """What was there has its old content, all else the new one; every wanted file is in one of the two lists."""
    folder = tmp_path_factory.mktemp("new") / "made"
    for name in there:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"old")
    written = write_new(folder, dict.fromkeys(sorted(wanted), b"new"))
    assert set(written.kept) == wanted & there
    assert set(written.made) == wanted - there
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {name: b"old" if name in there else b"new" for name in wanted | there}


def test_a_link_that_leads_nowhere_is_kept(tmp_path):
    """It is somebody's, and what it leads to may come back."""
    (tmp_path / "a").symlink_to(tmp_path / "gone")
    assert write_new(tmp_path, {"a": b"new"}).kept == ("a",)
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("folder", "told"), [("file", "is no folder"), ("file/below", "Not a directory"), ("nul\0", "null")]
)
def test_a_folder_that_cannot_be_is_one_error(tmp_path, folder, told):
    """With what was found."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match=told):
        write_new(Path(f"{tmp_path}{os.sep}{folder}"), {"a": b"new"})
