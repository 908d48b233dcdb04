"""A prompt set as the target reads it: token ids, by the target's chat template where it has one.

Ids of files are cached by all that they depend on: the target's files, the prompts, and how the sweep asks for them. A
server is asked in each run, since another template there shows in nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TypeAlias

import msgspec

from configspec.cache import Store
from configspec.errors import UsageError
from configspec.families.chat.template import (
    ChatTemplate,
    special_texts_of_folder,
    special_texts_of_gguf,
    template_of_file,
    template_of_folder,
    template_of_gguf,
)
from configspec.profiling.chats import render_chats
from configspec.records.prompting import Prompting
from configspec.targets.prompt_source import PromptSource, ServedTemplate, prompt_ids
from configspec.targets.registry import prompt_source, target_runtime, target_sha256
from configspec.testbed.chat_spec import ChatSpec
from configspec.testbed.family_spec import FamilySpec
from configspec.testbed.prompt import Prompt
from configspec.testbed.prompts import PromptSet

OwnTemplate: TypeAlias = ChatTemplate | ServedTemplate | None
FORMAT = "1"  # of the cached ids
_NOT_TOLD = "the server renders, and does not tell its template"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizedPrompts:
    """Prompts in their order with the ids of each; `sha256` is of the ids."""

    prompt_set: PromptSet
    ids: tuple[tuple[int, ...], ...]
    prompting: Prompting
    sha256: str

    @property
    def path(self) -> Path:
        """Of their file."""
        return self.prompt_set.path

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts themselves."""
        return self.prompt_set.prompts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What the cache keeps."""

    ids: tuple[tuple[int, ...], ...]
    prompting: Prompting


def tokenize_prompts(family: FamilySpec, prompts: PromptSet, chat: ChatSpec, store: Store) -> TokenizedPrompts:
    """The token ids of each prompt, as `chat` says, for the target of `family`.

    Raises:
        UsageError: The template, or what is asked of it, cannot be; or the tokenizer cannot be read.
        TestbedError: A server misbehaves.
    """
    target = family.target
    if target.server is not None:
        kept = _make(family, prompts, chat)
    else:
        key = _key(str(target_sha256(target)), target_runtime(target), prompts, chat)

        def build(out: Path) -> None:
            out.write_bytes(msgspec.json.encode(_make(family, prompts, chat)))

        kept = store.ensure_read("prompts", key, ".json", build, lambda content: _read(content, len(prompts.prompts)))
    for prompt, ids in zip(prompts.prompts, kept.ids, strict=True):
        if not ids:
            raise UsageError(
                f"{prompts.path}: prompt {prompt.id!r} is no token to the target of {family.name}. Delete it, or check "
                "the target's tokenizer."
            )
    return TokenizedPrompts(prompt_set=prompts, ids=kept.ids, prompting=kept.prompting, sha256=ids_sha256(kept.ids))


def check_template(family: FamilySpec, prompts: PromptSet, chat: ChatSpec) -> None:
    """Render the prompts, where that needs files of this machine alone: what is wrong is told before a run begins.

    Raises:
        UsageError: The template, or what is asked of it, cannot be.
    """
    target = family.target
    if target.transformers is not None:
        own, texts = partial(template_of_folder, target.transformers), special_texts_of_folder(target.transformers)
    elif target.gguf is not None:
        own, texts = partial(template_of_gguf, target.gguf), special_texts_of_gguf(target.gguf)
    else:
        return
    template = _template(chat, own)
    if isinstance(template, ChatTemplate):
        render_chats(template, prompts, chat, texts)
    elif chat.system is not None:
        raise _no_place_for_system(family.name, str(target.transformers or target.gguf))


def ids_sha256(ids: Sequence[Sequence[int]]) -> str:
    """The hash of a prompt set's token ids, in its order."""
    return hashlib.sha256(json.dumps(ids, separators=(",", ":")).encode("ascii")).hexdigest()


def _key(target: str, runtime: str, prompts: PromptSet, chat: ChatSpec) -> str:
    asked = [[asdict(message) for message in prompt.messages] for prompt in prompts.prompts]
    plain = [isinstance(prompt.content, str) for prompt in prompts.prompts]
    template = template_of_file(chat.file).sha256 if chat.file else chat.template
    how = {**asdict(chat), "template": template, "renderer": _renderer()}
    settings = json.dumps([FORMAT, target, runtime, asked, plain, how], sort_keys=True)
    return hashlib.sha256(settings.encode("ascii")).hexdigest()


def _renderer() -> str:
    """What renders templates, as far as is known without importing it."""
    try:
        return f"jinja2 {metadata.version('jinja2')}"
    except metadata.PackageNotFoundError:
        return "none"


def _read(content: bytes, count: int) -> _Kept:
    """What was kept; a ValueError where it is not of `count` prompts."""
    try:
        kept = msgspec.json.decode(content, type=_Kept)
    except msgspec.MsgspecError as problem:
        raise ValueError(str(problem)) from None
    if len(kept.ids) != count or min((min(one, default=0) for one in kept.ids), default=0) < 0:
        raise ValueError(f"it holds the ids of {len(kept.ids)} prompts, of {count}; or one below 0")
    return kept


def _make(family: FamilySpec, prompts: PromptSet, chat: ChatSpec) -> _Kept:
    source = prompt_source(family.target)
    try:
        template = _template(chat, source.template)
        if template is None:
            return _plain(family.name, source, prompts, chat)
        if isinstance(template, ChatTemplate):
            return _templated(source, template, prompts, chat)
        return _served(template, prompts, chat)
    finally:
        source.close()


def _template(chat: ChatSpec, own: Callable[[], OwnTemplate]) -> OwnTemplate:
    """The template that the sweep asks for; `own` finds the target's, if it has one."""
    if chat.file is not None:
        return template_of_file(chat.file)
    return own() if chat.template == "auto" else None


def _no_place_for_system(family: str, target: str) -> UsageError:
    return UsageError(
        f"sweep.system is given, and the target of {family}, {target}, has no chat template to put it into. "
        "Drop `system`, or name a template: `sweep: {chat: PATH}`."
    )


def _plain(family: str, source: PromptSource, prompts: PromptSet, chat: ChatSpec) -> _Kept:
    if chat.system is not None:
        raise _no_place_for_system(family, source.name)
    ids = tuple(prompt_ids(source, prompt.text, chat.special_tokens) for prompt in prompts.prompts)
    return _Kept(
        ids=ids,
        prompting=Prompting(
            template="none",
            template_sha256=None,
            thinking="no switch" if chat.thinking else None,
            special_tokens=chat.special_tokens,
        ),
    )


def _templated(source: PromptSource, template: ChatTemplate, prompts: PromptSet, chat: ChatSpec) -> _Kept:
    rendered = render_chats(template, prompts, chat, source.special_texts)
    return _Kept(
        ids=tuple(prompt_ids(source, text, "parse") for text in rendered.texts),
        prompting=replace(
            _asked(chat),
            template=template.source,
            template_sha256=template.sha256,
            thinking=rendered.thinking,
            date=chat.date if rendered.tells_date else None,
        ),
    )


def _served(template: ServedTemplate, prompts: PromptSet, chat: ChatSpec) -> _Kept:
    variables = chat.template_variables
    ids = tuple(template.ids(chat.with_system(prompt.messages), variables) for prompt in prompts.prompts)
    return _Kept(ids=ids, prompting=replace(_asked(chat), template_reason=_NOT_TOLD))


def _asked(chat: ChatSpec) -> Prompting:
    """What a sweep says of itself; of a template that a server keeps for itself nothing more is known."""
    return Prompting(
        template="server",
        template_sha256=None,
        system_sha256=None if chat.system is None else hashlib.sha256(chat.system.encode()).hexdigest(),
        thinking=chat.thinking,
        variables=tuple((name, json.dumps(value)) for name, value in sorted(chat.variables.items())),
        special_tokens="parse",
    )
