"""Folders that nobody else may write to, or a refusal that says what would do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.own_folder import CACHE_VARIABLE, is_own, own_folder

ANOTHER = 12345


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder of another user's."""
    if os.geteuid() != 0:
        return Path("/usr")
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, ANOTHER, ANOTHER)
    return folder


def test_a_new_folder_is_closed_to_others(tmp_path: Path) -> None:
    """Root, what had to be made above it and the folder below, whatever the umask lets through."""
    before = os.umask(0)
    try:
        made = own_folder(tmp_path / "new" / "cache", "gguf")
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (made, *made.parents[:2])] == [0o700] * 3


def test_another_users_folder_is_refused(foreign: Path) -> None:
    """The message names the folder, both users, and the ways out."""
    with pytest.raises(UsageError) as caught:
        own_folder(foreign)
    said = str(caught.value)
    assert all(part in said for part in (str(foreign), f"user {os.geteuid()}", CACHE_VARIABLE, "chown -R"))


def test_a_link_leads_to_the_folder_that_is_judged(tmp_path: Path, foreign: Path) -> None:
    """Its target's owner counts, and the path that comes back has no link that could be turned."""
    (tmp_path / "ours").mkdir(mode=0o700)
    (tmp_path / "to-ours").symlink_to(tmp_path / "ours")
    (tmp_path / "to-theirs").symlink_to(foreign)
    assert own_folder(tmp_path / "to-ours") == (tmp_path / "ours").resolve()
    with pytest.raises(UsageError, match="belongs to"):
        own_folder(tmp_path / "to-theirs")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
@pytest.mark.parametrize("below", [(), ("gguf",)])
def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path, mode: int, below: tuple[str, ...]) -> None:
    """The root and each folder below it; with the mode, and the command that closes it."""
    folder = own_folder(tmp_path / "cache", *below)
    folder.chmod(mode)
    with pytest.raises(UsageError, match=rf"{folder}: others may write .*{mode:04o}.*chmod go-w {folder}"):
        own_folder(tmp_path / "cache", *below)


def test_a_sticky_folder_may_be_shared(tmp_path: Path) -> None:
    """Others may add to it, and not replace what is ours."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o1777)
    assert own_folder(tmp_path / "cache", "gguf").stat().st_mode & 0o777 == 0o700


def test_a_folder_in_which_everybody_may_rename_is_refused(tmp_path: Path) -> None:
    """Somebody could put another in its place between the check and the use."""
    own_folder(tmp_path / "open" / "cache")
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(UsageError, match=rf"{tmp_path}/open: everybody may write .*chmod o-w"):
        own_folder(tmp_path / "open" / "cache")


def test_a_file_in_a_folders_place_is_the_systems_refusal(tmp_path: Path) -> None:
    """Which those who call explain."""
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        own_folder(tmp_path / "file")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OSError, match="loop"):
        own_folder(tmp_path / "loop")
    with pytest.raises(NotADirectoryError):
        own_folder(tmp_path, "file")


@pytest.mark.parametrize(("mode", "own"), [(0o600, True), (0o755, True), (0o620, False), (0o602, False)])
def test_a_file_is_own_where_nobody_else_may_write(tmp_path: Path, mode: int, own: bool) -> None:
    """Reading is no harm."""
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)
    assert is_own(path.stat()) is own


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_is_not_own(tmp_path: Path) -> None:
    """Whatever its mode."""
    path = tmp_path / "file"
    path.touch(mode=0o600)
    os.chown(path, ANOTHER, ANOTHER)
    assert not is_own(path.stat())
