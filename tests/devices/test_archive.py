"""The agent's zip: always the same, and whole where it lies."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from configspec.devices.transport.archive import build_agent_archive


def test_building_again_gives_the_same_bytes() -> None:
    """The archive has no time, no order and no compression of its own."""
    assert build_agent_archive() == build_agent_archive()


def test_the_archive_holds_an_entry_and_one_package() -> None:
    """`python <zip>` finds `__main__.py`, and all else is the package that it imports."""
    names = zipfile.ZipFile(io.BytesIO(build_agent_archive().content)).namelist()
    assert "__main__.py" in names
    assert {name.split("/")[0] for name in names} == {"__main__.py", "configspec_agent"}


def test_a_damaged_copy_is_replaced(tmp_path: Path) -> None:
    """The file is named by its content; one that is cut short is written anew, and nothing else is left."""
    archive = build_agent_archive()
    path = archive.place_in(tmp_path / "new" / "folder")
    path.write_bytes(archive.content[:100])
    assert archive.place_in(tmp_path / "new" / "folder") == path
    assert path.read_bytes() == archive.content
    assert list(path.parent.iterdir()) == [path]
