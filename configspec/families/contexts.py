"""How long a text a family's draft models were trained for, as far as their files are on this machine."""

from __future__ import annotations

from pathlib import Path

from configspec.errors import ConfigspecError
from configspec.families.gguf.gguf_header import read_header
from configspec.families.sources.model_config import CONFIG
from configspec.families.sources.model_json import read_json
from configspec.testbed.family_spec import DraftSpec, FamilySpec

CONTEXT = "max_position_embeddings"  # of config.json


def draft_contexts(family: FamilySpec) -> tuple[tuple[str, int], ...]:
    """Each draft model's name with the tokens of context that it was trained for.

    One that is on the hub, does not say, or cannot be read is left out: a damaged file is its own draft's error.
    """
    found = ((name, _context(draft)) for name, draft in family.drafts.items())
    return tuple((name, context) for name, context in found if context is not None)


def _context(draft: DraftSpec) -> int | None:
    try:
        if draft.safetensors is not None:
            value: object = read_json(draft.safetensors / CONFIG).get(CONTEXT)
        elif draft.gguf:
            value = _of_gguf(next(iter(draft.gguf.values())))
        else:
            return None
    except ConfigspecError:
        return None
    return value if isinstance(value, int) and value > 0 else None


def _of_gguf(path: Path) -> object:
    metadata = read_header(path).metadata
    return metadata.get(f"{metadata.get('general.architecture')}.context_length")
