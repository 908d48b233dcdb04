"""What a run would find and what it would have to make, without a device, a target, a hub or a server.

kept        in the cache, by the key with which the run looks for it; or a file that lies where it is declared
to make     what the run does before it measures
not known   who could tell is not asked: a hub, or a server
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from configspec.cache import Store
from configspec.families.build import built_draft
from configspec.families.gguf.gguf_facts import gguf_sha256
from configspec.profiling.acceptance_trace import trace_key
from configspec.profiling.target_text import text_key
from configspec.profiling.workbench import Workbench, scoring_runtime
from configspec.progress import silent
from configspec.testbed.family_spec import FamilySpec
from configspec.testbed.inventory import Inventory
from configspec.theory.ids import Drafter

State: TypeAlias = Literal["kept", "to make", "not known"]


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

    @property
    def tokens(self) -> int:
        """All that it writes, at most."""
        return self.prompts * self.new_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPreview:
    """What there is of a drafter: its file, and its acceptance over the target's text."""

    file: State
    acceptance: State


class Preview:
    """Looks a testbed's families up in the cache."""

    def __init__(self, inventory: Inventory, store: Store) -> None:
        self._inventory = inventory
        self._store = store
        self._bench = Workbench(inventory, store, silent)
        self._keys: dict[str, str | None] = {}

    def text(self, name: str) -> TextPreview:
        """What the target of a family has to write.

        Raises:
            UsageError: A prompt, a template or a model's files are not as they must be, as the run would find it.
        """
        sweep, served = self._inventory.sweep, self._inventory.families[name].target.server is not None
        key = self._key(name)
        prompts = len(self._bench.prompts().prompts)
        price = self._inventory.serving_for(name).usd_per_million_tokens
        return TextPreview(
            family=name,
            prompts=prompts,
            new_tokens=sweep.new_tokens,
            state="not known" if key is None else self._kept("text", key, ".json"),
            usd=prompts * sweep.new_tokens * price / 1e6 if served else None,
        )

    def draft(self, name: str, drafter: Drafter) -> DraftPreview:
        """What there is of a drafter; a UsageError as for `text`."""
        family = self._inventory.families[name]
        if family.drafts[drafter.draft].hub is not None:
            return DraftPreview(file="not known", acceptance="not known")
        path, key = self._file(family, drafter), self._key(name)
        if path is None:
            return DraftPreview(file="to make", acceptance="to make")
        if key is None:
            return DraftPreview(file="kept", acceptance="not known")
        trace = trace_key(gguf_sha256(path), key, scoring_runtime())
        return DraftPreview(file="kept", acceptance=self._kept("acceptance", trace, ".json"))

    def _file(self, family: FamilySpec, drafter: Drafter) -> Path | None:
        spec = family.drafts[drafter.draft]
        if spec.safetensors is not None:
            return built_draft(spec.safetensors, drafter.quant, self._store)
        return (spec.gguf or {})[drafter.quant]

    def _key(self, name: str) -> str | None:
        """The key of the target's text; None where only a hub or a server could tell."""
        if name not in self._keys:
            family = self._inventory.families[name]
            unseen = family.target.hub is not None or family.target.server is not None
            self._keys[name] = None if unseen else text_key(family.target, self._bench.writing(family))
        return self._keys[name]

    def _kept(self, kind: str, key: str, suffix: str) -> State:
        return "kept" if self._store.has(kind, key, suffix) else "to make"
