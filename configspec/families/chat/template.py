"""A model's own chat template, and the special tokens that it may name, from wherever the model keeps them.

transformers folder    chat_template.jinja with additional_chat_templates/NAME.jinja, else `chat_template` of
                       tokenizer_config.json, a text or a list of named ones, else chat_template.json. That is
                       transformers' own order (`PreTrainedTokenizerBase._from_pretrained`)
GGUF file              `tokenizer.chat_template`, and `tokenizer.chat_template.NAME` for others
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from configspec.errors import UsageError
from configspec.families.gguf.gguf_shards import read_shards
from configspec.families.sources.model_json import AGAIN, read_json, wrong
from configspec.printable import printable
from configspec.untrusted import read_bounded

Source: TypeAlias = Literal["tokenizer folder", "gguf", "server", "file"]

MAX_BYTES = 1 << 20  # the longest of published ones have some 30 kB
DEFAULT = "default"
JINJA, ADDITIONAL, TOKENIZER_CONFIG = "chat_template.jinja", "additional_chat_templates", "tokenizer_config.json"
OF_PROCESSOR = "chat_template.json"
SPECIAL = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")
# gguf's names of the same (its `Keys.Tokenizer`), the misspelt one too
_IN_GGUF = {"unk": "unknown", "sep": "seperator", "pad": "padding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTemplate:
    """A Jinja text that makes one text of messages; `place` is what messages call it."""

    text: str
    place: str
    source: Source

    @property
    def sha256(self) -> str:
        """Of its text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


def template_of_file(path: Path) -> ChatTemplate:
    """The template that somebody named; a UsageError where it cannot be read."""
    return ChatTemplate(text=_text(path), place=str(path), source="file")


def template_of_folder(folder: Path) -> ChatTemplate | None:
    """The default template of a transformers folder; None where it has none."""
    place, named = named_templates(folder)
    return _default(named, str(place), "tokenizer folder")


def named_templates(folder: Path) -> tuple[Path, Mapping[str, str]]:
    """All templates of a transformers folder by name, and where they stand; one that is alone is the default."""
    files = _files(folder)
    if files:
        return folder / JINJA, {name: _text(path) for name, path in files.items()}
    for name in (TOKENIZER_CONFIG, OF_PROCESSOR):
        path = folder / name
        found = _named(path, read_json(path).get("chat_template")) if os.path.lexists(path) else {}
        if found:
            return path, found
    return folder / TOKENIZER_CONFIG, {}


def template_files(folder: Path) -> tuple[Path, ...]:
    """The files of a folder that hold templates and nothing else."""
    path = folder / OF_PROCESSOR
    return (*_files(folder).values(), *((path,) if path.is_file() else ()))


def template_of_gguf(path: Path) -> ChatTemplate | None:
    """The default template of a GGUF file; None where it has none."""
    metadata = read_shards(path)[0][1].metadata
    begin = "tokenizer.chat_template"
    named = {
        key.removeprefix(begin).removeprefix(".") or DEFAULT: value
        for key, value in metadata.items()
        if key == begin or key.startswith(f"{begin}.")
    }
    for value in named.values():
        if not isinstance(value, str):
            raise wrong(path, begin, value, "a text")
    texts = {name: value for name, value in named.items() if isinstance(value, str)}
    return _default(texts, str(path), "gguf")


def special_texts_of_folder(folder: Path) -> Mapping[str, str]:
    """The texts of its special tokens by the names that templates have for them: `bos_token` and others."""
    texts: dict[str, str] = {}
    for name in ("special_tokens_map.json", TOKENIZER_CONFIG):
        path = folder / name
        settings = read_json(path) if os.path.lexists(path) else {}
        for key in (f"{one}_token" for one in SPECIAL):
            found = settings.get(key)
            text = found.get("content") if isinstance(found, Mapping) else found
            if isinstance(text, str):
                texts[key] = text
    return texts


def special_texts_of_gguf(path: Path) -> Mapping[str, str]:
    """The same, of a GGUF file."""
    metadata = read_shards(path)[0][1].metadata
    tokens = metadata.get("tokenizer.ggml.tokens")
    names = tokens if isinstance(tokens, tuple) else ()
    ids = {one: metadata.get(f"tokenizer.ggml.{_IN_GGUF.get(one, one)}_token_id") for one in SPECIAL}
    return {
        f"{one}_token": str(names[index])
        for one, index in ids.items()
        if isinstance(index, int) and 0 <= index < len(names)
    }


def _files(folder: Path) -> dict[str, Path]:
    """The template files of a folder by name."""
    found = {DEFAULT: folder / JINJA} if os.path.lexists(folder / JINJA) else {}
    more = folder / ADDITIONAL
    if more.is_dir():
        found |= {path.stem: path for path in sorted(more.glob("*.jinja"))}
    return found


def _named(path: Path, found: object) -> dict[str, str]:
    """What `chat_template` of a JSON file holds: a text, or a list of tables with `name` and `template`."""
    if found is None:
        return {}
    if isinstance(found, str):
        return {DEFAULT: found}
    named: dict[str, str] = {}
    for entry in found if isinstance(found, list) else [found]:
        name, text = (entry.get("name"), entry.get("template")) if isinstance(entry, Mapping) else (None, None)
        if not isinstance(name, str) or not isinstance(text, str):
            raise wrong(path, "chat_template", found, "a text, or a list of tables with `name` and `template`")
        named[name] = text
    return named


def _default(named: Mapping[str, str], place: str, source: Source) -> ChatTemplate | None:
    if not named:
        return None
    if DEFAULT not in named:
        names = ", ".join(printable(name, at_most=60) for name in list(named)[:20])
        raise UsageError(
            f"{place} has chat templates, and none of them is its default: {names}. Save the one that is meant as a "
            "file and name it: `sweep: {chat: PATH}`."
        )
    text = named[DEFAULT]
    if len(text) > MAX_BYTES:
        raise UsageError(f"{place}: the chat template has {len(text):,} letters, more than {MAX_BYTES:,}. {AGAIN}")
    return ChatTemplate(text=text, place=place, source=source)


def _text(path: Path) -> str:
    try:
        return read_bounded(path, at_most_bytes=MAX_BYTES).decode("utf-8-sig")
    except OSError as problem:
        raise UsageError(f"{path} cannot be read as a chat template: {problem.strerror}.") from None
    except UnicodeDecodeError as problem:
        raise UsageError(f"{path}: byte {problem.start + 1} is not UTF-8. A chat template is a text.") from None
