"""Outputs of other tools in fixtures/recordings/importers, each with what it is, how it is read and what is in it.

`NAME.about.json` stands beside each: `source` in words, `options` as the command line takes them, and `expected`:
`drafting`, `prompt` (tokens/s), `quant`, `rates` and `times` by K, `not_taken` entries, a part of a `remark`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configspec.records.importers.importer import Importer
from configspec.records.importers.names import Names, parse_map, parse_where
from configspec.records.importers.registry import IMPORTERS

FOLDER = Path(__file__).parents[2] / "fixtures" / "recordings" / "importers"
ABOUT = ".about.json"


@dataclass(frozen=True)
class RecordedImport:
    """One file with its importer."""

    importer: Importer
    path: Path
    options: tuple[str, ...]
    expected: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.importer.name}/{self.path.name}"

    @property
    def names(self) -> Names:
        """What the options say, for an importer alone."""
        given = dict(zip(self.options[::2], self.options[1::2], strict=True))
        length = given.get("--acceptance-length")
        return Names(
            device=given.get("--device"),
            family=given.get("--family"),
            draft=given.get("--draft"),
            quant=given.get("--quant"),
            models=parse_map([given["--map"]] if "--map" in given else []),
            k=int(given["--k"]) if "--k" in given else None,
            where=parse_where([given["--where"]] if "--where" in given else []),
            acceptance_length=None if length is None else float(length),
        )


def recorded_imports() -> list[RecordedImport]:
    """All that there are."""
    found = []
    for importer in IMPORTERS:
        for about in sorted((FOLDER / importer.name).glob(f"*{ABOUT}")):
            said = json.loads(about.read_text(encoding="utf-8"))
            path = about.with_name(about.name.removesuffix(ABOUT))
            found.append(RecordedImport(importer, path, tuple(said["options"]), said["expected"]))
    return found
