"""The target's own text for every prompt: made once, whatever the number of drafts, boards and K.

Acceptance is counted against this text (`acceptance.py`), so it is cached by everything that could change it:
the target's files, the prompts, the length asked for, the number format, and what computed it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from configspec.errors import UsageError
from configspec.families.build import source_sha256
from configspec.families.store import Store
from configspec.inventory.prompts import PromptSet
from configspec.inventory.specs import FamilySpec
from configspec.targets.transformers_target import TransformersTarget, runtime_version


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedPrompt:
    """One prompt and what the target wrote after it; `gaps` are between its best two logits at each token."""

    id: str
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    gaps: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A target's text for a whole prompt set; `key` names everything that it depends on."""

    key: str
    target_sha256: str
    prompts_sha256: str
    runtime: str
    prompts: tuple[TracedPrompt, ...]

    def context_of(self, depth: int) -> tuple[int, ...]:
        """`depth` tokens of real text, for rounds that are timed: prompts and continuations, one after another."""
        text = [token for traced in self.prompts for token in (*traced.prompt, *traced.tokens)]
        while len(text) < depth:
            text += text
        return tuple(text[:depth])

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt with its continuation."""
        return max(len(traced.prompt) + len(traced.tokens) for traced in self.prompts)


def trace_target(
    family: FamilySpec, prompts: PromptSet, new_tokens: int, store: Store, progress: Callable[[str], None]
) -> Trace:
    """The target's greedy text for each prompt, from the cache or made now.

    Raises:
        UsageError: The target cannot be loaded, or a prompt with its continuation does not fit its context.
    """
    target_sha256 = source_sha256(family.target.transformers)
    runtime = runtime_version()
    settings = [target_sha256, prompts.sha256, str(new_tokens), family.target.dtype, runtime]
    key = hashlib.sha256("\n".join(settings).encode()).hexdigest()

    def build(out: Path) -> None:
        progress(f"{family.name}: the target writes {new_tokens} tokens after each of {len(prompts.prompts)} prompts")
        traced = _write_all(TransformersTarget(family.target), prompts, new_tokens)
        document = {"target": target_sha256, "runtime": runtime, "prompts": [asdict(one) for one in traced]}
        out.write_text(json.dumps(document), encoding="utf-8")

    document = json.loads(store.ensure("trace", key, ".json", build).read_text(encoding="utf-8"))
    return Trace(
        key=key,
        target_sha256=target_sha256,
        prompts_sha256=prompts.sha256,
        runtime=runtime,
        prompts=tuple(_traced(one) for one in document["prompts"]),
    )


def _write_all(target: TransformersTarget, prompts: PromptSet, new_tokens: int) -> list[TracedPrompt]:
    tokenized = [(prompt, target.tokenize(prompt.text)) for prompt in prompts.prompts]
    for prompt, ids in tokenized:
        if target.context is not None and len(ids) + new_tokens > target.context:
            raise UsageError(
                f"{prompts.path}: prompt {prompt.id!r} is {len(ids)} tokens long, and sweep.new_tokens asks for "
                f"{new_tokens} more; the context of the target {target.folder} is {target.context}. "
                "Shorten the prompt, or lower sweep.new_tokens."
            )
    traced = []
    for prompt, ids in tokenized:
        written = target.continue_greedily(ids, new_tokens)
        traced.append(TracedPrompt(id=prompt.id, prompt=ids, tokens=written.tokens, gaps=written.gaps))
    return traced


def _traced(one: dict[str, Any]) -> TracedPrompt:
    return TracedPrompt(id=one["id"], prompt=tuple(one["prompt"]), tokens=tuple(one["tokens"]), gaps=tuple(one["gaps"]))
