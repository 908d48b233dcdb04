"""What the files of a draft are called on a board, whose folder of models is flat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from configspec.content_hash import file_sha256
from configspec.families.gguf.gguf_shards import gguf_files
from configspec.testbed.family_spec import DraftSpec, FamilySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFile:
    """One file of a model: where it is on this host, and its name on a board."""

    path: Path
    name: str

    @property
    def size_bytes(self) -> int:
        """How large it is."""
        return self.path.stat().st_size

    @property
    def sha256(self) -> str:
        """Its hash, read once."""
        return file_sha256(self.path)


def board_files(family: str, draft: DraftSpec, quant: str, model: Path) -> tuple[BoardFile, ...]:
    """The files of a draft whose GGUF is at `model`, the one that llama.cpp is given first.

    A ready-made file keeps its name, so that shards find each other; one that configspec built is named after what it
    is.
    """
    if draft.safetensors is not None:
        return (BoardFile(path=model, name=_built_name(family, draft, quant)),)
    return tuple(BoardFile(path=path, name=path.name) for path in gguf_files(model))


def board_file_names(family: FamilySpec) -> tuple[str, ...]:
    """What the drafts' files are called on a board, as far as that is known before a hub is asked."""
    names = []
    for draft in family.drafts.values():
        for quant in family.quants_of(draft):
            if draft.safetensors is not None:
                names.append(_built_name(family.name, draft, quant))
            elif draft.gguf is not None:
                names += [path.name for path in gguf_files(draft.gguf[quant])]
    return tuple(dict.fromkeys(names))


def _built_name(family: str, draft: DraftSpec, quant: str) -> str:
    return f"{family}-{draft.name}-{quant}.gguf"
