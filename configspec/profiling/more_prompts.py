"""Prompts that a sweep's limit left out, asked one by one behind it: for what only more prompts would tell apart.

Each is written by the target, and scored, by itself, so a kill loses one of them at most, and the next run has the rest
from the cache. They stand behind the sweep's own, in an order that is always the same (`prompts_left`): runs that ask
as many ask the same. Rounds are timed over the sweep's own text, as before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from configspec.families.contexts import draft_contexts
from configspec.families.gguf.gguf_facts import gguf_sha256
from configspec.profiling.acceptance_trace import AcceptanceTrace, trace_each
from configspec.profiling.prompt_ids import ids_sha256, tokenize_prompts
from configspec.profiling.prompt_room import DoesNotFitError, Room, limits, room_of_draft
from configspec.profiling.target_text import TargetText, Writing, joined, write_target_text
from configspec.progress import silent
from configspec.testbed.prompt_choice import prompts_left
from configspec.testbed.prompts import PromptSet

if TYPE_CHECKING:
    from configspec.profiling.workbench import PreparedDraft, Workbench
    from configspec.testbed.family_spec import FamilySpec

AT_ONCE = 50  # prompts that are made token ids of together


@dataclass(slots=True)
class _Asked:
    """Of one family: what was written, how many prompts were tried, and of how many of these."""

    texts: list[TargetText] = field(default_factory=list)
    tried: int = 0
    ids: list[tuple[int, ...]] = field(default_factory=list)


class MorePrompts:
    """Those of each family of one session."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._left: PromptSet | None = None
        self._asked: dict[str, _Asked] = {}

    def asked(self, family: str) -> int:
        """How many are asked of a family beyond the sweep's."""
        return len(self._asked.get(family, _Asked()).texts)

    def ask(self, name: str, count: int, *, may_go_on: Callable[[], bool] = lambda: True) -> int:
        """Ask a family's target more prompts, until `count` are asked; how many of all are asked then.

        Fewer where none are left, or `may_go_on`, asked before each, says no. What does not fit is passed over.

        Raises:
            UsageError, TestbedError: The target, its tokenizer or its server.
        """
        bench, asked = self._bench, self._asked.setdefault(name, _Asked())
        family, left = bench.family(name), self._all_left()
        if len(asked.texts) < count and asked.tried < len(left.prompts):
            base = len(bench.target_text(family).writing.prompts.prompts)
            more = count - len(asked.texts)
            bench.progress(f"{name}: {more} more prompt{'s' if more > 1 else ''} behind the {base} of the sweep")
        while len(asked.texts) < count and asked.tried < len(left.prompts) and may_go_on():
            writing = self._writing(family, asked)
            asked.tried += 1
            try:
                text = write_target_text(family, writing, bench.store, lambda: bench.target(family), silent)
            except DoesNotFitError:
                continue
            asked.texts.append(text)
        return len(asked.texts)

    def are_left(self, family: str) -> bool:
        """Whether there is any that was not tried yet."""
        return self._asked.get(family, _Asked()).tried < len(self._all_left().prompts)

    def text(self, family: FamilySpec, count: int) -> TargetText:
        """The sweep's text, and behind it that of the first `count` others; of fewer where fewer were asked."""
        base, texts = self._bench.target_text(family), self._texts(family.name, count)
        return joined(base, texts) if texts else base

    def trace(self, prepared: PreparedDraft, count: int) -> AcceptanceTrace:
        """A draft against that text."""
        texts = self._texts(prepared.family.name, count)
        if not texts:
            return prepared.trace
        more = trace_each(prepared.model, gguf_sha256(prepared.model), texts, self._bench.scorer())
        return AcceptanceTrace(text=self.text(prepared.family, count), prompts=(*prepared.trace.prompts, *more))

    def _texts(self, family: str, count: int) -> list[TargetText]:
        return self._asked.get(family, _Asked()).texts[:count]

    def _all_left(self) -> PromptSet:
        if self._left is None:
            self._left = prompts_left(self._bench.inventory.sweep.prompts)
        return self._left

    def _writing(self, family: FamilySpec, asked: _Asked) -> Writing:
        """What is asked with the next prompt; a seed of its own, as each prompt of a sweep has."""
        bench, sweep, left = self._bench, self._bench.inventory.sweep, self._all_left()
        place = asked.tried
        if place == len(asked.ids):
            some = replace(left, prompts=left.prompts[place : place + AT_ONCE])
            asked.ids += tokenize_prompts(family, some, sweep.chat, bench.store).ids
        own = bench.target_text(family).writing
        ids = (asked.ids[place],)
        prompts = replace(
            own.prompts, prompt_set=replace(left, prompts=(left.prompts[place],)), ids=ids, sha256=ids_sha256(ids)
        )
        seed = sweep.decoding.seed + len(own.prompts.prompts) + place
        return replace(
            own,
            prompts=prompts,
            decoding=replace(own.decoding, seed=seed),
            contexts=limits(self._rooms(family), ids, own.new_tokens),
        )

    def _rooms(self, family: FamilySpec) -> list[Room]:
        """All contexts that are known by now: drafts that came from the hub are here."""
        found = [room_of_draft(name, tokens) for name, tokens in draft_contexts(family, self._bench.hub)]
        return [*self._bench.rooms(family), *found]
