"""The agent as one zip file that any Python from 3.8 on can run, the same bytes on every host.

Stored, not deflated, with fixed times and modes: a zlib of another version would give another hash.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import configspec.agent
from configspec.atomic import replacing
from configspec.cache import explained
from configspec.own_folder import is_own, own_folder
from configspec.untrusted import read_bounded

PACKAGE = "configspec_agent"  # the agent's name inside the zip
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentArchive:
    """The zip's bytes and their SHA-256."""

    content: bytes
    sha256: str

    @property
    def file_name(self) -> str:
        """What it is called, on every machine."""
        return f"configspec-agent-{self.sha256[:32]}.zip"

    def place_in(self, folder: Path) -> Path:
        """The zip as a file in `folder`, named by its hash; written only where it is missing or another.

        The file, its folder and the one above are this user's own, so nobody else changes what was checked before it
        is run.

        Raises:
            UsageError: One of them is not, or cannot be written.
            TestbedError: The disk is full.
        """
        with explained(folder / self.file_name):
            path = own_folder(folder.parent, folder.name) / self.file_name
            if not self._is_at(path):
                with suppress(FileNotFoundError):
                    if not is_own(path.lstat()):
                        path.unlink()  # with its mode, which a replacement would take over
                with replacing(path) as partial:  # another process may be starting the same agent at this moment
                    partial.touch(mode=0o600)
                    partial.write_bytes(self.content)
        return path

    def _is_at(self, path: Path) -> bool:
        try:
            return is_own(path.lstat()) and read_bounded(path, at_most_bytes=len(self.content)) == self.content
        except OSError:
            return False


def build_agent_archive() -> AgentArchive:
    """Pack the folder `configspec/agent`, with the folders in it."""
    folder = Path(configspec.agent.__file__).parent
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for inner in sorted(source.relative_to(folder).as_posix() for source in folder.rglob("*.py")):
            name = inner if inner == "__main__.py" else f"{PACKAGE}/{inner}"
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system = 3  # Unix, whatever this host is
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (folder / inner).read_bytes())
    return AgentArchive(content=content.getvalue(), sha256=hashlib.sha256(content.getvalue()).hexdigest())
