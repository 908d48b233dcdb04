"""What a run would find and what it would have to make, without a device, a target, a hub or a server.

kept        in the cache, by the key with which the run looks for it; or a file that lies where it is declared, or in
            the hub's cache
to make     what the run does before it measures
not known   who could tell is not asked: a hub, or a server

What was not asked, and of whom, goes with each of them (`Unasked`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from configspec.cache import Store
from configspec.families.build import built_draft
from configspec.families.cached import cached_draft, cached_target
from configspec.families.gguf.gguf_facts import gguf_sha256
from configspec.families.hub.hub import Hub
from configspec.families.hub.hub_cache import is_pinned
from configspec.profiling.acceptance_trace import trace_key
from configspec.profiling.target_text import text_key
from configspec.profiling.workbench import Workbench, scoring_runtime
from configspec.progress import silent
from configspec.testbed.chat_spec import ChatSpec
from configspec.testbed.family_spec import DraftSpec, FamilySpec, HubSpec, TargetSpec
from configspec.testbed.inventory import Inventory
from configspec.theory.ids import Drafter

State: TypeAlias = Literal["kept", "to make", "not known"]
# A hub's files are not here, or not all; a branch may have moved since; a server tokenises; a server has a template.
Why: TypeAlias = Literal["absent", "branch", "token ids", "template"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """What only a hub or a server could tell; `of` is the repository with its revision, or the server's family."""

    why: Why
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPreview:
    """What a family's target has to write: `new_tokens` at most after each of `prompts`.

    `usd`: what all of it costs at the declared price, None where the target runs on this host.
    """

    family: str
    prompts: int
    new_tokens: int
    state: State
    usd: float | None
    unasked: tuple[Unasked, ...] = ()

    @property
    def tokens(self) -> int:
        """All that it writes, at most."""
        return self.prompts * self.new_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPreview:
    """What there is of a drafter: its file, and its acceptance over the target's text.

    `unasked` is about its file; where the text is not known, its acceptance is not either.
    """

    file: State
    acceptance: State
    unasked: tuple[Unasked, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """The key of a target's text; None where only a hub or a server could tell."""

    key: str | None
    unasked: tuple[Unasked, ...]


class Preview:
    """Looks a testbed's families up in the cache, and in the hub's."""

    def __init__(self, inventory: Inventory, store: Store, *, hub: Hub | None = None) -> None:
        self._inventory = inventory
        self._store = store
        self._hub = hub or Hub()
        self._bench = Workbench(inventory, store, silent, hub=self._hub)
        self._texts: dict[str, _Text] = {}

    def text(self, name: str) -> TextPreview:
        """What the target of a family has to write.

        Raises:
            UsageError: A prompt, a template or a model's files are not as they must be, as the run would find it.
        """
        sweep, served = self._inventory.sweep, self._inventory.families[name].target.server is not None
        text = self._text(name)
        prompts = len(self._bench.prompts().prompts)
        price = self._inventory.serving_for(name).usd_per_million_tokens
        return TextPreview(
            family=name,
            prompts=prompts,
            new_tokens=sweep.new_tokens,
            state="not known" if text.key is None else self._kept("text", text.key, ".json"),
            usd=prompts * sweep.new_tokens * price / 1e6 if served else None,
            unasked=text.unasked,
        )

    def draft(self, name: str, drafter: Drafter) -> DraftPreview:
        """What there is of a drafter; a UsageError as for `text`."""
        declared = self._inventory.families[name].drafts[drafter.draft]
        spec = cached_draft(declared, (drafter.quant,), self._hub)
        unasked = _of_hub(declared.hub, absent=spec is None)
        if spec is None:
            return DraftPreview(file="not known", acceptance="not known", unasked=unasked)
        path, key = self._file(spec, drafter.quant), self._text(name).key
        if path is None:
            return DraftPreview(file="to make", acceptance="to make", unasked=unasked)
        if key is None:
            return DraftPreview(file="kept", acceptance="not known", unasked=unasked)
        trace = trace_key(gguf_sha256(path), key, scoring_runtime())
        return DraftPreview(file="kept", acceptance=self._kept("acceptance", trace, ".json"), unasked=unasked)

    def _file(self, spec: DraftSpec, quant: str) -> Path | None:
        if spec.safetensors is not None:
            return built_draft(spec.safetensors, quant, self._store)
        return (spec.gguf or {})[quant]

    def _text(self, name: str) -> _Text:
        if name not in self._texts:
            self._texts[name] = self._looked_up(self._inventory.families[name])
        return self._texts[name]

    def _looked_up(self, family: FamilySpec) -> _Text:
        target = cached_target(family.target, self._hub)
        unasked = (
            *_of_hub(_hub_entry(family.target), absent=target is None),
            *(Unasked(why=why, of=family.name) for why in _of_server(family.target, self._inventory.sweep.chat)),
        )
        if target is None or any(one.why != "branch" for one in unasked):
            return _Text(key=None, unasked=unasked)
        writing = self._bench.writing(replace(family, target=target))
        return _Text(key=text_key(target, writing), unasked=unasked)

    def _kept(self, kind: str, key: str, suffix: str) -> State:
        return "kept" if self._store.has(kind, key, suffix) else "to make"


def _hub_entry(target: TargetSpec) -> HubSpec | None:
    """Of the model, or of the tokenizer that stands for a server's."""
    tokenizer = None if target.server is None else target.server.tokenizer
    return tokenizer if isinstance(tokenizer, HubSpec) else target.hub


def _of_hub(spec: HubSpec | None, *, absent: bool) -> tuple[Unasked, ...]:
    if spec is None or (is_pinned(spec) and not absent):
        return ()
    return (Unasked(why="absent" if absent else "branch", of=f"{spec.repo}@{spec.revision}"),)


def _of_server(target: TargetSpec, chat: ChatSpec) -> Iterator[Why]:
    """What a server would be asked before its prompts are known.

    Its text is kept by its address, the model's name and the prompts' token ids (`target_text.py`), so that nothing
    else of it is needed.
    """
    if target.server is not None:
        if target.server.tokenizer is None:
            yield "token ids"
        if chat.template == "auto":
            yield "template"
