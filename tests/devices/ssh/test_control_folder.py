"""The folder of a shared connection: private, gone with its run, and swept where a run could not."""

from __future__ import annotations

from pathlib import Path

from configspec.devices.transport.ssh.control_folder import control_folder


def test_it_is_private_and_gone_with_its_context(tmp_path: Path) -> None:
    """Whoever can open the socket in it can use the board."""
    with control_folder(str(tmp_path)) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "ssh").touch()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    """Not a folder that a run holds; none of an older version, which holds no lock; no link, and no other name."""
    for name in ("cs-l-deadrun1", "cs-olderrun", "cs-l-other-name", "another1"):
        (tmp_path / name).mkdir()
    (tmp_path / "cs-l-linked01").symlink_to(tmp_path / "another1")
    with control_folder(str(tmp_path)) as held, control_folder(str(tmp_path)) as second:
        kept = {"cs-olderrun", "cs-l-other-name", "another1", "cs-l-linked01", held.name, second.name}
        assert {path.name for path in tmp_path.iterdir()} == kept
