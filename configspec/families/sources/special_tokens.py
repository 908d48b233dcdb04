"""The ids that a model folder gives a special meaning: begin of text, end of text, padding and others."""

from __future__ import annotations

import os
from pathlib import Path

from configspec.families.sources.model_json import MOST_TOKENS, JsonObject, read_json, wrong
from configspec.families.sources.tokenizer_json import Tokenizer

GENERATION = "generation_config.json"
NAMES = ("bos", "eos", "pad")
MORE = ("unk", "sep", "mask")  # that tokenizer_config.json may name too


def declared_ids(path: Path, config: JsonObject) -> dict[str, int]:
    """The ids that the config.json at `path` gives; the first where there are several ends. Below 0 means none."""
    found = {f"{name}_token_id": config.get(f"{name}_token_id") for name in NAMES}
    first = {key: value[0] if isinstance(value, list) and value else value for key, value in found.items()}
    for key, value in first.items():
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value >= MOST_TOKENS):
            raise wrong(path, key, value, f"a token's id, below {MOST_TOKENS:,}")
    return {
        key.removesuffix("_token_id"): value for key, value in first.items() if isinstance(value, int) and value >= 0
    }


def named_ids(folder: Path, tokenizer: Tokenizer) -> dict[str, int]:
    """The ids by the texts in tokenizer_config.json, which outrank config.json's."""
    path = folder / "tokenizer_config.json"
    settings = read_json(path) if os.path.lexists(path) else {}
    texts = {name: settings.get(f"{name}_token") for name in (*NAMES, *MORE)}
    ids = {
        name: tokenizer.id_of(text.get("content") if isinstance(text, dict) else text) for name, text in texts.items()
    }
    return {name: index for name, index in ids.items() if index is not None}


def end_ids(folder: Path, size: int) -> tuple[int, ...]:
    """The ids that end a text by generation_config.json, below `size`; none where it does not say."""
    path = folder / GENERATION
    found = read_json(path).get("eos_token_id") if os.path.lexists(path) else None
    ids = found if isinstance(found, list) else [] if found is None else [found]
    for index in ids:
        if not isinstance(index, int) or isinstance(index, bool):
            raise wrong(path, "eos_token_id", index, "a token's id")
    return tuple(index for index in dict.fromkeys(ids) if 0 <= index < size)
