"""Prompt sets: what the target is asked to continue.

A file is of one of the shapes of `prompt_shapes.py`, or its keys are declared. Nothing that was asked is left out in
silence: what a set does not take is counted, and the run says so.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from configspec.errors import UsageError
from configspec.testbed.key_types import TEXT_PATTERN
from configspec.testbed.prompt import MAX_LABEL, MAX_PROMPTS, UNCATEGORISED, Message, Prompt
from configspec.testbed.prompt_content import Content, NoQuestion, checked_text, content_of
from configspec.testbed.prompt_files import FORMS, Entry, read_entries
from configspec.testbed.prompt_shapes import SHAPES, Fields, Shape, shape_of, unknown_shape, unread_parts, value_at
from configspec.testbed.prompts_spec import PromptsSpec

SYSTEM = ("system", "system_prompt")  # keys of an entry of any shape
DECLARED = "declared"  # the shape of a file whose keys are declared
LATER_TURNS = "later turns of conversations"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSet:
    """Prompts in their order.

    Attributes:
        path: The file.
        shape: The name of its shape.
        prompts: Those that are asked.
        in_file: How many there are in the file.
        not_taken: What the file holds of the asked and is in no prompt, with how often.
    """

    path: Path
    shape: str
    prompts: tuple[Prompt, ...]
    in_file: int
    not_taken: tuple[tuple[str, int], ...] = ()

    @property
    def sha256(self) -> str:
        """Of what is asked, so it survives new ids, categories and file formats."""
        return hash_of(self.prompts)


def hash_of(prompts: Iterable[Prompt]) -> str:
    """One hash of what is asked, in its order: of each text, or of who says what where it is more than a user's text.

    JSON, so that moving a word from one prompt to the next changes it.
    """
    said = [
        prompt.messages[0].content
        if len(prompt.messages) == 1 and prompt.messages[0].role == "user"
        else [[message.role, message.content] for message in prompt.messages]
        for prompt in prompts
    ]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode("ascii")).hexdigest()


def default_prompts() -> PromptSet:
    """The set that configspec carries."""
    installed = Path(__file__).with_name("default_prompts.jsonl")  # a wheel puts it there
    checkout = Path(__file__).parents[2] / "fixtures" / "prompts" / "default.jsonl"
    return read_prompts(installed if installed.is_file() else checkout)


def read_prompts(path: Path, declared: PromptsSpec | None = None) -> PromptSet:
    """All prompts of a file; where `declared` names keys, those are read.

    Raises:
        UsageError: The file cannot be read, or an entry is no prompt.
    """
    reader = _Reader(path, declared or PromptsSpec())
    for entry in read_entries(path):
        reader.take(entry)
    return reader.found()


class _Reader:
    """Makes prompts of entries, one after another; the first says which shape the file is of."""

    def __init__(self, path: Path, declared: PromptsSpec) -> None:
        self._path = path
        self._declared = declared
        self._shape = None if declared.text is None else _declared(_ANY, declared)
        self._categorised = False  # whether an entry has a category
        self._first = ""  # where the shape was found
        self._prompts: list[Prompt] = []
        self._places: dict[str, str] = {}  # by id
        self._not_taken: Counter[str] = Counter()

    def take(self, entry: Entry) -> None:
        if len(self._prompts) == MAX_PROMPTS:
            raise UsageError(f"{self._path} has more than {MAX_PROMPTS:,} prompts. Keep as many as a run can measure.")
        fields = _fields(entry)
        shape = self._shape_for(fields, entry.where)
        try:
            content = _content(shape, fields, entry.where)
        except NoQuestion as reason:
            if not shape.gaps:
                raise UsageError(f"{entry.where}: `{shape.reads[0]}` {reason}. Delete the entry.") from None
            self._not_taken[f"conversations, each of which {reason}"] += 1
            return
        self._count(content, shape, fields)
        name, category = self._id(shape, fields, entry), self._category(shape, fields, entry.where)
        prompt = Prompt(id=name, content=content.said, category=category)
        if prompt.id in self._places:
            raise UsageError(
                f"{entry.where}: the id {prompt.id!r} is that of {self._places[prompt.id]} too. Rename one."
            )
        self._places[prompt.id] = entry.where.removeprefix(f"{self._path}: ")
        self._prompts.append(prompt)

    def found(self) -> PromptSet:
        """All that was taken."""
        if not self._prompts:
            why = "".join(f" ({count} {what})" for what, count in self._not_taken.items())
            raise UsageError(f"{self._path} has no prompts{why}. {FORMS}, of one of these shapes: {_known()}.")
        if self._declared.category and not self._categorised:
            raise UsageError(f"{self._path}: no entry has `{self._declared.category}`, its category. Correct the key.")
        assert self._shape is not None
        return PromptSet(
            path=self._path,
            shape=self._shape.name,
            prompts=tuple(self._prompts),
            in_file=len(self._prompts),
            not_taken=tuple(sorted(self._not_taken.items())),
        )

    def _shape_for(self, fields: Fields, where: str) -> Shape:
        """The file's shape; an error where the entry is of another one that would ask something else."""
        claimed = None if self._declared.text else shape_of(fields)
        if self._shape is None:
            if claimed is None:
                raise unknown_shape(fields, where)
            self._shape, self._first = _declared(claimed, self._declared), where.removeprefix(f"{self._path}: ")
        shape = self._shape
        if not shape.has(fields):
            keys = ", ".join(f"`{key:.40}`" for key in list(fields)[:12]) or "none"
            first = "" if self._declared.text else f", and {self._first} is of the shape {shape.name}"
            raise UsageError(
                f"{where} has no `{shape.reads[0]}`; its keys are {keys}{first}. "
                "Keep entries of one shape in a file, or say which key holds the prompt: `{path: FILE, text: KEY}`."
            )
        if claimed is not None and not _asked(claimed, fields) <= _asked(shape, fields):
            raise UsageError(
                f"{where} is of the shape {claimed.name}, and {self._first} is of the shape {shape.name}. "
                "Keep entries of one shape in a file."
            )
        return shape

    def _count(self, content: Content, shape: Shape, fields: Fields) -> None:
        if content.later_turns:
            self._not_taken[LATER_TURNS] += content.later_turns
        for key in unread_parts(shape.inner(fields), shape.reads):
            self._not_taken[f"`{key}` of entries"] += 1

    def _id(self, shape: Shape, fields: Fields, entry: Entry) -> str:
        found = next((value for value in (value_at(fields, key) for key in shape.ids) if value is not None), None)
        if found is None and self._declared.id:
            raise UsageError(f"{entry.where} has no `{self._declared.id}`, which is to hold its id. Correct the key.")
        name = entry.number if found is None else found
        if isinstance(name, bool) or not isinstance(name, int | str) or name == "":
            raise UsageError(f"{entry.where}: the id is {name!r:.60}. It has to be text or a whole number.")
        return _label(str(name), "the id", entry.where)

    def _category(self, shape: Shape, fields: Fields, where: str) -> str:
        for key in shape.categories:
            value = value_at(fields, key)
            if value not in (None, ""):
                self._categorised = True
                return _label(checked_text(value, key, where), f"`{key}`", where)
        return UNCATEGORISED


_ANY = Shape(name=DECLARED, slug="", told_by=(), reads=())


def _declared(shape: Shape, declared: PromptsSpec) -> Shape:
    """The shape with the keys that were declared in place of its own."""
    return replace(
        shape,
        reads=declared.text or shape.reads,
        ids=shape.ids if declared.id is None else (declared.id,),
        categories=shape.categories if declared.category is None else (declared.category,),
    )


def _asked(shape: Shape, fields: Fields) -> set[str]:
    """The keys of an entry that a shape makes a prompt of, and that hold something."""
    inner = shape.inner(fields)
    return {key for key in shape.reads if value_at(inner, key) not in (None, "", [])}


def _known() -> str:
    return ", ".join(shape.name for shape in SHAPES)


def _fields(entry: Entry) -> Fields:
    if isinstance(entry.value, str):  # of an array of texts, or lines that are each a text
        return {"prompt": entry.value}
    if not isinstance(entry.value, dict):
        raise UsageError(f"{entry.where} is JSON, but no object. {FORMS}.")
    return entry.value


def _content(shape: Shape, fields: Fields, where: str) -> Content:
    inner = shape.inner(fields)
    first, *others = ((key, value_at(inner, key)) for key in shape.reads)
    more = [checked_text(value, key, where) for key, value in others if value is not None and value != ""]
    key, value = first
    if not more:
        content = content_of(value, key, where)
    else:
        content = Content(said="\n\n".join([checked_text(value, key, where), *more]))
    return _with_system(content, fields, where)


def _with_system(content: Content, fields: Fields, where: str) -> Content:
    """With what the entry says for a system, beside its prompt."""
    key = next((key for key in SYSTEM if fields.get(key) not in (None, "")), None)
    if key is None:
        return content
    system = Message(role="system", content=checked_text(fields[key], key, where))
    said = content.said
    asked = (Message(role="user", content=said),) if isinstance(said, str) else said
    return replace(content, said=(system, *asked))


def _label(name: str, what: str, where: str) -> str:
    """A name that a report can show."""
    if len(name) > MAX_LABEL or not re.fullmatch(TEXT_PATTERN, name):
        raise UsageError(
            f"{where}: {what} is {name!r:.60}. It has to be of at most {MAX_LABEL} letters, without control "
            "characters, line ends or marks that turn the direction of writing."
        )
    return name
