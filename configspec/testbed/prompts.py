"""Prompt sets: what the target is asked to continue.

Three kinds of JSON lines, told apart by the keys of each line:

    {"prompt": "...", "id": ..., "category": ...}                  configspec's own; id and category may be left out
    {"turns": ["...", ...], "question_id": ..., "category": ...}   Spec-Workbench's question.jsonl; the first turn only:
                                                                   later ones answer what another model said
    {"instruction": "...", "context": "...", "category": ...}      Databricks Dolly 15k; the context, if any, follows
                                                                   the instruction after an empty line

Spec-Workbench: https://github.com/hemingkx/Spec-Workbench. Dolly: https://huggingface.co/datasets/databricks/databricks-dolly-15k.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import UsageError

KINDS = "`prompt`, `turns` (Spec-Workbench) or `instruction` (Dolly)"
UNCATEGORISED = "uncategorised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt. `id` is the line's own, or its number in the file."""

    id: str
    text: str
    category: str = UNCATEGORISED


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSet:
    """Prompts in their order; `sha256` is of their texts, so it survives new ids, categories and file formats."""

    path: Path
    sha256: str
    prompts: tuple[Prompt, ...]


def default_prompts() -> PromptSet:
    """The set that configspec carries."""
    installed = Path(__file__).with_name("default_prompts.jsonl")  # a wheel puts it there
    checkout = Path(__file__).parents[2] / "fixtures" / "prompts" / "default.jsonl"
    return read_prompts(installed if installed.is_file() else checkout)


def read_prompts(path: Path) -> PromptSet:
    """The prompts of a file.

    Raises:
        UsageError: The file cannot be read, or a line is not a prompt.
    """
    prompts: list[Prompt] = []
    numbers: dict[str, int] = {}  # id -> line
    for number, line in _lines(path):
        where = f"{path}: line {number}"
        prompt = _prompt(_object(line, where), number, where)
        if prompt.id in numbers:
            raise UsageError(f"{where}: the id {prompt.id!r} is that of line {numbers[prompt.id]} too. Rename one.")
        numbers[prompt.id] = number
        prompts.append(prompt)
    if not prompts:
        raise UsageError(f"{path} has no prompts. Write one JSON object a line, with {KINDS}.")
    return PromptSet(path=path, sha256=_sha256([prompt.text for prompt in prompts]), prompts=tuple(prompts))


def _sha256(texts: Sequence[str]) -> str:
    # JSON, so that moving a word from one prompt to the next changes it.
    return hashlib.sha256(json.dumps(texts, separators=(",", ":")).encode("ascii")).hexdigest()


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers from 1."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"{path} cannot be read: {reason}. Name a prompt set, one JSON object a line.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start + 1} is not UTF-8. Save the file as UTF-8.") from None
    # Not splitlines(): JSON text may hold U+2028 as it is.
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _object(line: str, where: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise UsageError(f"{where} is not JSON: {reason}. Write one JSON object a line.") from None
    if not isinstance(found, dict):
        raise UsageError(f"{where} is JSON, but no object. Write one JSON object a line.")
    return found


def _prompt(line: dict[str, object], number: int, where: str) -> Prompt:
    if "prompt" in line:
        text, name = _text(line, "prompt", where), line.get("id", number)
    elif "turns" in line:
        turns = line["turns"]
        if not isinstance(turns, list) or not turns:
            raise UsageError(f"{where}: `turns` is {turns!r:.60}. It has to be a list of texts, at least one.")
        text, name = _text({"turns[0]": turns[0]}, "turns[0]", where), line.get("question_id", number)
    elif "instruction" in line:
        text, name = _text(line, "instruction", where), number
        if str(line.get("context") or "").strip():
            text = f"{text}\n\n{_text(line, 'context', where)}"
    else:
        raise UsageError(f"{where} has none of {KINDS}; its keys are {list(line)!r:.80}. Add the prompt.")
    if isinstance(name, bool) or not isinstance(name, int | str) or name == "":
        raise UsageError(f"{where}: the id is {name!r:.60}. It has to be text or a whole number.")
    return Prompt(id=str(name), text=text, category=_category(line, where))


def _category(line: dict[str, object], where: str) -> str:
    return _text(line, "category", where) if line.get("category") else UNCATEGORISED


def _text(line: dict[str, object], key: str, where: str) -> str:
    """The text at `key`, unchanged: the space at a prompt's end is part of it."""
    text = line[key]
    if not isinstance(text, str):
        raise UsageError(f"{where}: `{key}` is {text!r:.60}. It has to be text.")
    if not text.strip():
        raise UsageError(f"{where}: `{key}` is empty. Write a text, or delete the line.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # "\ud800" alone: legal in JSON, half a character, and a tokenizer's crash
        raise UsageError(f"{where}: `{key}` has half a surrogate pair, which is not a character. Delete it.") from None
    return text
