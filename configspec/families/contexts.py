"""How long a text a family's draft models were trained for, as far as their files are on this machine.

Files of the hub count where they are cached; nobody is asked.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from configspec.errors import ConfigspecError
from configspec.families.cached import cached_description
from configspec.families.gguf.gguf_header import read_header
from configspec.families.hub.hub import Hub
from configspec.families.sources.model_config import CONFIG
from configspec.families.sources.model_json import read_json
from configspec.testbed.family_spec import DraftSpec, FamilySpec

CONTEXT = "max_position_embeddings"  # of config.json


def draft_contexts(family: FamilySpec, hub: Hub) -> tuple[tuple[str, int], ...]:
    """Each draft model's name with the tokens of context that it was trained for.

    One that is not on this machine, does not say, or cannot be read is left out: a damaged file is its own draft's
    error.
    """
    found = ((name, _context(_description(family, draft, hub))) for name, draft in family.drafts.items())
    return tuple((name, context) for name, context in found if context is not None)


def gguf_context(path: Path) -> int | None:
    """The tokens of context in the header of a GGUF file; None where it does not say.

    Raises:
        UsageError: It is no GGUF file, or not whole.
    """
    metadata = read_header(path).metadata
    return _tokens(metadata.get(f"{metadata.get('general.architecture')}.context_length"))


def _description(family: FamilySpec, draft: DraftSpec, hub: Hub) -> Path | None:
    """The file in which it stands: config.json, or the first GGUF file."""
    if draft.safetensors is not None:
        return draft.safetensors / CONFIG
    if draft.hub is not None:
        return cached_description(draft.hub, family.quants_of(draft), hub)
    return next(iter((draft.gguf or {}).values()), None)


def _context(path: Path | None) -> int | None:
    if path is None:
        return None
    with suppress(ConfigspecError):
        return _tokens(read_json(path).get(CONTEXT)) if path.name == CONFIG else gguf_context(path)
    return None


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
