"""The target's own text for every prompt: made once, whatever the number of drafts, boards and K.

Acceptance is counted against this text (`acceptance.py`), so it is cached by everything that could change it:
the target's files, the prompts, the length asked for, how tokens are chosen, the number format, and what computed it.
A server's files cannot be seen: its text is cached by its address and the model's name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from configspec.cache import Store
from configspec.errors import UsageError
from configspec.families.build import source_sha256
from configspec.families.gguf.gguf_facts import gguf_sha256
from configspec.targets.target import Target
from configspec.testbed.prompts import PromptSet
from configspec.testbed.specs import FamilySpec, TargetSpec
from configspec.theory.decoding import Decoding


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedPrompt:
    """One prompt and what the target wrote after it.

    `gaps` are between its best two logits at each token, None where a server does not tell; `logprobs` the natural
    logarithms of each token's probability after temperature, top-k and top-p, 0 where decoding is greedy.
    """

    id: str
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    gaps: tuple[float, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A target's text for a whole prompt set; `key` names everything that it depends on."""

    key: str
    target_sha256: str | None  # None: a server's, which cannot be seen
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


def target_sha256(target: TargetSpec) -> str | None:
    """One hash of a target's files; None where a server has them."""
    if target.transformers is not None:
        return source_sha256(target.transformers)
    return None if target.gguf is None else gguf_sha256(target.gguf)


def trace_target(
    family: FamilySpec,
    prompts: PromptSet,
    new_tokens: int,
    decoding: Decoding,
    store: Store,
    progress: Callable[[str], None],
    *,
    open_target: Callable[[], Target],
    runtime: str,
) -> Trace:
    """The target's text for each prompt, from the cache or made now.

    Args:
        family: Whose target it is.
        prompts: What it continues.
        new_tokens: How many tokens it writes after each, at most.
        decoding: How it chooses them.
        store: The cache.
        progress: Told where a text has to be made.
        open_target: Called where a text has to be made.
        runtime: What computes the target; part of the cache's key.

    Raises:
        UsageError: The target cannot be loaded, or a prompt with its continuation does not fit its context.
    """
    spec = family.target
    sha256 = target_sha256(spec)
    who = sha256 or (f"{spec.server.url} {spec.server.model}" if spec.server else "")
    how = json.dumps(asdict(decoding), sort_keys=True)
    settings = [who, prompts.sha256, str(new_tokens), spec.dtype, how, runtime]
    key = hashlib.sha256("\n".join(settings).encode()).hexdigest()

    def build(out: Path) -> None:
        progress(f"{family.name}: the target writes {new_tokens} tokens after each of {len(prompts.prompts)} prompts")
        traced = _write_all(open_target(), prompts, new_tokens, decoding)
        out.write_text(json.dumps({"prompts": [asdict(one) for one in traced]}), encoding="utf-8")

    document = json.loads(store.ensure("trace", key, ".json", build).read_text(encoding="utf-8"))
    return Trace(
        key=key,
        target_sha256=sha256,
        prompts_sha256=prompts.sha256,
        runtime=runtime,
        prompts=tuple(_traced(one) for one in document["prompts"]),
    )


def _write_all(target: Target, prompts: PromptSet, new_tokens: int, decoding: Decoding) -> list[TracedPrompt]:
    tokenized = [(prompt, target.tokenize(prompt.text)) for prompt in prompts.prompts]
    for prompt, ids in tokenized:
        if target.context is not None and len(ids) + new_tokens > target.context:
            raise UsageError(
                f"{prompts.path}: prompt {prompt.id!r} is {len(ids)} tokens long, and sweep.new_tokens asks for "
                f"{new_tokens} more; the context of the target {target.name} is {target.context}. "
                "Shorten the prompt, or lower sweep.new_tokens."
            )
    traced = []
    for place, (prompt, ids) in enumerate(tokenized):
        written = target.continue_text(ids, new_tokens, decoding, seed=decoding.seed + place)
        traced.append(
            TracedPrompt(id=prompt.id, prompt=ids, tokens=written.tokens, logprobs=written.logprobs, gaps=written.gaps)
        )
    return traced


def _traced(one: dict[str, Any]) -> TracedPrompt:
    gaps = one["gaps"]
    return TracedPrompt(
        id=one["id"],
        prompt=tuple(one["prompt"]),
        tokens=tuple(one["tokens"]),
        logprobs=tuple(one["logprobs"]),
        gaps=None if gaps is None else tuple(gaps),
    )
