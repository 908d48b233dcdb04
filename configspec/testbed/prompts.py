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
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from configspec.errors import UsageError
from configspec.testbed.key_types import TEXT_PATTERN
from configspec.testbed.prompt import UNCATEGORISED, Prompt
from configspec.untrusted import NotJson, open_regular, parse_json

MAX_PROMPTS = 100_000
MAX_LINE_BYTES = 16 << 20  # a prompt for the longest contexts has a few millions
MAX_FILE_BYTES = 512 << 20
MAX_ID = 200  # letters of an id or a category
KINDS = "`prompt`, `turns` (Spec-Workbench) or `instruction` (Dolly)"


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
        if len(prompts) == MAX_PROMPTS:
            raise UsageError(f"{path} has more than {MAX_PROMPTS:,} prompts. Keep as many as a run can measure.")
        numbers[prompt.id] = number
        prompts.append(prompt)
    if not prompts:
        raise UsageError(f"{path} has no prompts. Write one JSON object a line, with {KINDS}.")
    return PromptSet(path=path, sha256=_sha256([prompt.text for prompt in prompts]), prompts=tuple(prompts))


def _sha256(texts: Sequence[str]) -> str:
    # JSON, so that moving a word from one prompt to the next changes it.
    return hashlib.sha256(json.dumps(texts, separators=(",", ":")).encode("ascii")).hexdigest()


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers from 1; never more than one of them at a time."""
    read_bytes = 0
    try:
        with open_regular(path) as file:
            # By bytes, and not by what Python takes for a line: JSON text may hold U+2028 as it is.
            for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), start=1):
                if len(line) > MAX_LINE_BYTES or read_bytes + len(line) > MAX_FILE_BYTES:
                    raise UsageError(
                        f"{path}: line {number} goes beyond {MAX_LINE_BYTES:,} bytes a line, or {MAX_FILE_BYTES:,} "
                        "bytes a file. Name a prompt set, one JSON object a line."
                    )
                text = _decoded(line, path, read_bytes)
                read_bytes += len(line)
                if text.strip():
                    yield number, text
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"{path} cannot be read: {reason}. Name a prompt set, one JSON object a line.") from None


def _decoded(line: bytes, path: Path, before_bytes: int) -> str:
    try:
        return line.decode("utf-8" if before_bytes else "utf-8-sig")
    except UnicodeDecodeError as error:
        place = before_bytes + error.start + 1
        raise UsageError(f"{path}: byte {place} is not UTF-8. Save the file as UTF-8.") from None


def _object(line: str, where: str) -> dict[str, object]:
    try:
        found = parse_json(line)
    except NotJson as problem:
        reason = str(problem).replace(" at line 1, column", " at column")
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
    return Prompt(id=_short(str(name), "the id", where), content=text, category=_category(line, where))


def _category(line: dict[str, object], where: str) -> str:
    return _short(_text(line, "category", where), "`category`", where) if line.get("category") else UNCATEGORISED


def _short(name: str, what: str, where: str) -> str:
    """A name that a report can show."""
    if len(name) > MAX_ID or not re.fullmatch(TEXT_PATTERN, name):
        raise UsageError(
            f"{where}: {what} is {name!r:.60}. It has to be of at most {MAX_ID} letters, without control characters, "
            "line ends or marks that turn the direction of writing."
        )
    return name


def _text(line: dict[str, object], key: str, where: str) -> str:
    """The text at `key`, unchanged: the space at a prompt's end is part of it."""
    text = line[key]
    if not isinstance(text, str):
        raise UsageError(f"{where}: `{key}` is {text!r:.60}. It has to be text.")
    if not text.strip():
        raise UsageError(f"{where}: `{key}` is empty. Write a text, or delete the line.")
    return text
