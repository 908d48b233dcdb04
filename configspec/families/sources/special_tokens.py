"""The ids that a model folder gives a special meaning: begin of text, end of text, padding."""

from __future__ import annotations

from pathlib import Path

from configspec.families.sources.safetensors_folder import JsonObject, read_json
from configspec.families.sources.tokenizer_json import Tokenizer

NAMES = ("bos", "eos", "pad")


def declared_ids(config: JsonObject) -> dict[str, int]:
    """The ids that config.json gives; the first where there are several ends."""
    found = {name: config.get(f"{name}_token_id") for name in NAMES}
    first = {name: value[0] if isinstance(value, list) and value else value for name, value in found.items()}
    return {name: value for name, value in first.items() if isinstance(value, int)}


def named_ids(folder: Path, tokenizer: Tokenizer) -> dict[str, int]:
    """The ids by the texts in tokenizer_config.json, which outrank config.json's."""
    path = folder / "tokenizer_config.json"
    settings = read_json(path) if path.exists() else {}
    texts = {name: settings.get(f"{name}_token") for name in NAMES}
    ids = {
        name: tokenizer.id_of(text.get("content") if isinstance(text, dict) else text) for name, text in texts.items()
    }
    return {name: index for name, index in ids.items() if index is not None}
