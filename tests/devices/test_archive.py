"""The agent's zip: always the same, and whole where it lies."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

import configspec.agent
from configspec.devices.transport.archive import build_agent_archive
from configspec.errors import UsageError


def test_building_again_gives_the_same_bytes() -> None:
    """The archive has no time, no order and no compression of its own."""
    assert build_agent_archive() == build_agent_archive()


def test_the_archive_holds_an_entry_and_one_package() -> None:
    """`python <zip>` finds `__main__.py`, and all else is the package that it imports."""
    names = zipfile.ZipFile(io.BytesIO(build_agent_archive().content)).namelist()
    assert "__main__.py" in names
    assert {name.split("/")[0] for name in names} == {"__main__.py", "configspec_agent"}


def test_every_module_is_packed_whatever_folder_it_is_in() -> None:
    """Folders within folders too, with the bytes that they have here, and nothing else."""
    folder = Path(configspec.agent.__file__).parent
    here = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}
    packed = zipfile.ZipFile(io.BytesIO(build_agent_archive().content))
    there = {name.removeprefix("configspec_agent/"): packed.read(name) for name in packed.namelist()}
    assert there == here
    assert {"llama/model.py", "board/health.py", "drafters/chain.py"} < there.keys()


def test_every_entry_is_the_same_on_every_host() -> None:
    """Its order, time, system, mode and method are fixed."""
    entries = zipfile.ZipFile(io.BytesIO(build_agent_archive().content)).infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names, key=lambda name: name.removeprefix("configspec_agent/"))
    fixed = {(one.date_time, one.create_system, one.external_attr, one.compress_type) for one in entries}
    assert fixed == {((1980, 1, 1, 0, 0, 0), 3, 0o644 << 16, zipfile.ZIP_STORED)}


def test_a_damaged_copy_is_replaced(tmp_path: Path) -> None:
    """The file is named by its content; one that is cut short is written anew, and nothing else is left."""
    archive = build_agent_archive()
    path = archive.place_in(tmp_path / "new" / "folder")
    path.write_bytes(archive.content[:100])
    assert archive.place_in(tmp_path / "new" / "folder") == path
    assert path.read_bytes() == archive.content
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_a_file_to_which_others_may_write_is_replaced(tmp_path: Path, mode: int) -> None:
    """It could change between the check and the start; the same bytes are written anew, closed to others."""
    archive = build_agent_archive()
    path = archive.place_in(tmp_path / "agent")
    path.chmod(mode)
    assert archive.place_in(tmp_path / "agent") == path
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_is_replaced(tmp_path: Path) -> None:
    """What it leads to is not run, and not written to."""
    archive = build_agent_archive()
    path = archive.place_in(tmp_path / "agent")
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    archive.place_in(tmp_path / "agent")
    assert not path.is_symlink()
    assert path.read_bytes() == archive.content


@pytest.mark.parametrize("open_to_others", ["agent", "."])
def test_nothing_is_run_from_a_folder_to_which_others_may_write(tmp_path: Path, open_to_others: str) -> None:
    """The folder, or the one that it lies in."""
    archive = build_agent_archive()
    archive.place_in(tmp_path / "cache" / "agent")
    (tmp_path / "cache" / open_to_others).chmod(0o777)
    with pytest.raises(UsageError, match=r"others may write .*chmod go-w"):
        archive.place_in(tmp_path / "cache" / "agent")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_nothing_is_run_from_another_users_folder(tmp_path: Path) -> None:
    """Though its file is the very agent: its owner could change it."""
    archive = build_agent_archive()
    path = archive.place_in(tmp_path / "cache" / "agent")
    os.chown(path.parent, 12345, 12345)
    with pytest.raises(UsageError, match=r"belongs to .*12345.*CONFIGSPEC_CACHE_DIR.*chown -R"):
        archive.place_in(tmp_path / "cache" / "agent")


def test_a_folder_that_cannot_be_made_is_the_persons_move(tmp_path: Path) -> None:
    """A file lies in its place."""
    (tmp_path / "agent").touch()
    with pytest.raises(UsageError, match=rf"{tmp_path}/agent: Not a directory.*CONFIGSPEC_CACHE_DIR"):
        build_agent_archive().place_in(tmp_path / "agent")
