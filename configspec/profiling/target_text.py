"""The target's own text for every prompt: made once, whatever the number of drafts, boards and K.

Acceptance is counted against this text (`acceptance_trace.py`), so it is cached by everything that could change it:
the target's files, the prompts, the length asked for, how tokens are chosen, the number format, and what computed it.
A server's files cannot be seen: its text is cached by its address and the model's name.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, groupby
from pathlib import Path
from statistics import mean

import msgspec

from configspec.cache import Store
from configspec.errors import UsageError
from configspec.profiling.prompt_ids import TokenizedPrompts, ids_sha256
from configspec.profiling.prompt_room import Ids, Room, fit
from configspec.progress import Progress
from configspec.records.asked_prompts import AskedPrompts
from configspec.records.samples import PromptText, TextSamples
from configspec.targets.registry import target_runtime, target_sha256
from configspec.targets.target import Target
from configspec.testbed.family_spec import FamilySpec, TargetSpec
from configspec.testbed.prompt import Prompt
from configspec.testbed.prompts_spec import Longest
from configspec.theory.decoding import Decoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a target is asked to write: at most `new_tokens` after each prompt, chosen as `decoding` says.

    `longest` says what becomes of prompts that do not fit; `contexts` are those that are known before the target is
    open, with whose they are.
    """

    prompts: TokenizedPrompts
    new_tokens: int
    decoding: Decoding
    longest: Longest = "error"
    contexts: tuple[Room, ...] = ()

    @property
    def prompts_sha256(self) -> str:
        """Which prompts are asked, by their token ids, and how they are made to fit; known without the target."""
        if self.longest == "error":
            return self.prompts.sha256
        contexts = [str(room.tokens) for room in self.contexts]
        settings = [self.prompts.sha256, self.longest, str(self.new_tokens), *contexts]
        return hashlib.sha256("\n".join(settings).encode()).hexdigest()

    def room(self, target: Target) -> Room | None:
        """The shortest context of all; None where none is known."""
        own = () if target.context is None else (Room(tokens=target.context, of=f"the context of {target.name}"),)
        return min((*own, *self.contexts), key=lambda room: room.tokens, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuedPrompt:
    """One prompt and what the target wrote after it.

    `gaps` are between its best two logits at each token, None where a server does not say; `logprobs` the natural
    logarithms of each token's probability after temperature, top-k and top-p, 0 where decoding is greedy.
    """

    id: str
    category: str
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    gaps: tuple[float, ...] | None

    @property
    def halfway(self) -> tuple[int, ...]:
        """A context such as decoding meets: the prompt and half of what follows."""
        return (*self.prompt, *self.tokens[: len(self.tokens) // 2])


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetText:
    """A target's text for a whole prompt set; `key` names everything that it depends on.

    `prompts` are those that fit, `shortened` of them made to. `prompt_s`: what the target took to write after one, on
    average; None where a cache of an earlier version does not say.
    """

    key: str
    target_sha256: str | None  # None: a server's, which cannot be seen
    runtime: str
    writing: Writing
    prompts: tuple[ContinuedPrompt, ...]
    shortened: int = 0
    prompt_s: float | None = field(default=None, compare=False)

    @property
    def prompts_sha256(self) -> str:
        """Which prompts were continued, by their token ids."""
        return self.writing.prompts_sha256

    @property
    def asked(self) -> AskedPrompts:
        """Which prompts were asked, and what was not."""
        of_set = self.writing.prompts.prompt_set
        return AskedPrompts(
            shape=of_set.shape,
            in_file=of_set.in_file,
            categories=tuple((one, len(list(same))) for one, same in groupby(one.category for one in self.prompts)),
            not_taken=of_set.not_taken,
            longest=self.writing.longest,
            skipped=len(of_set.prompts) - len(self.prompts),
            shortened=self.shortened,
        )

    @property
    def decoding(self) -> Decoding:
        """How its tokens were chosen."""
        return self.writing.decoding

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt with its continuation."""
        return max(len(one.prompt) + len(one.tokens) for one in self.prompts)

    def context_of(self, depth: int) -> tuple[int, ...]:
        """`depth` tokens of real text, for rounds that are timed: prompts and continuations, one after another.

        Raises:
            UsageError: There is not one token of it.
        """
        text = [token for one in self.prompts for token in (*one.prompt, *one.tokens)]
        if not text:
            raise UsageError(
                f"{self.writing.prompts.path}: neither the prompts nor what the target wrote after them have a token, "
                "so no round can be timed. Check the target's tokenizer, and the prompts."
            )
        repeats = -(-depth // len(text))
        return tuple((text * repeats)[:depth])

    def samples(self, *, private: bool) -> TextSamples:
        """For the side file; `private` leaves the token ids out."""
        return TextSamples(
            prompts_sha256=self.prompts_sha256,
            prompts=tuple(_sampled(one, self.decoding, private) for one in self.prompts),
        )


def _sampled(one: ContinuedPrompt, decoding: Decoding, private: bool) -> PromptText:
    return PromptText(
        id=one.id,
        category=one.category,
        prompt_tokens=len(one.prompt),
        tokens=len(one.tokens),
        prompt_ids=None if private else one.prompt,
        ids=None if private else one.tokens,
        gaps=None if one.gaps is None else tuple(float(f"{gap:.4g}") for gap in one.gaps),
        logprobs=None if decoding.greedy else one.logprobs,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Continuation:
    """What the cache keeps of one prompt. Ids and categories are the prompt set's own: they may change."""

    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    gaps: tuple[float, ...] | None
    shortened: bool = False
    seconds: float | None = None  # that the target took

    def __post_init__(self) -> None:
        columns = (self.tokens, self.logprobs, self.gaps)
        if len({len(column) for column in columns if column is not None}) > 1:
            raise ValueError("its columns are of unequal length")
        if min((*self.prompt, *self.tokens), default=0) < 0:
            raise ValueError("it holds a token's id below 0")
        if self.seconds is not None and not 0 <= self.seconds < math.inf:
            raise ValueError("it took no such time")


def write_target_text(
    family: FamilySpec,
    writing: Writing,
    store: Store,
    open_target: Callable[[], Target],
    progress: Progress,
    *,
    now_s: Callable[[], float] = time.monotonic,
) -> TargetText:
    """The target's text for each prompt, from the cache or made now.

    Args:
        family: Whose target it is.
        writing: What it is asked for.
        store: The cache.
        open_target: Called where a text has to be made.
        progress: Called where a text has to be made.
        now_s: By what it is timed.

    Raises:
        UsageError: The target cannot be loaded, or a prompt with its continuation does not fit its context.
    """
    sha256, runtime, prompts = target_sha256(family.target), target_runtime(family.target), writing.prompts

    def build(out: Path) -> None:
        count = len(prompts.prompts)
        not_taken = ", ".join(f"{what} ({how_many:,})" for what, how_many in prompts.prompt_set.not_taken)
        but = f"; not in them: {not_taken}" if not_taken else ""
        progress(f"{family.name}: the target writes {writing.new_tokens} tokens after each of {count} prompts{but}")
        out.write_bytes(msgspec.json.encode(_write_all(open_target(), writing, now_s)))

    key = text_key(family.target, writing)
    kept = store.ensure_read("text", key, ".json", build, lambda content: _read(content, len(prompts.prompts)))
    return TargetText(
        key=key,
        target_sha256=sha256,
        runtime=runtime,
        writing=writing,
        prompts=tuple(
            _continued(prompt, one) for prompt, one in zip(prompts.prompts, kept, strict=True) if one is not None
        ),
        shortened=sum(one is not None and one.shortened for one in kept),
        prompt_s=_prompt_s([one.seconds for one in kept if one is not None]),
    )


def joined(base: TargetText, more: Sequence[TargetText]) -> TargetText:
    """One text of several of the same target, in their order; its prompts are asked as those of `base` are."""
    parts, writing = (base, *more), base.writing
    prompts, ids = (
        tuple(chain.from_iterable(one.writing.prompts.prompts for one in parts)),
        tuple(chain.from_iterable(one.writing.prompts.ids for one in parts)),
    )
    of_all = replace(
        writing.prompts,
        prompt_set=replace(writing.prompts.prompt_set, prompts=prompts),
        ids=ids,
        sha256=ids_sha256(ids),
    )
    return replace(
        base,
        key=hashlib.sha256("\n".join(one.key for one in parts).encode()).hexdigest(),
        writing=replace(writing, prompts=of_all),
        prompts=tuple(chain.from_iterable(one.prompts for one in parts)),
        shortened=sum(one.shortened for one in parts),
        prompt_s=_prompt_s([one.prompt_s for one in parts for _ in one.prompts]),
    )


def _prompt_s(took_s: Sequence[float | None]) -> float | None:
    known = [one for one in took_s if one is not None]
    return mean(known) if known else None


def text_key(target: TargetSpec, writing: Writing) -> str:
    """Everything that the target's text depends on, as a hash; its key in the cache. The target is not opened."""
    return _key(target, target_sha256(target), target_runtime(target), writing)


def _read(content: bytes, count: int) -> tuple[_Continuation | None, ...]:
    """The texts that were kept, None of what did not fit; a ValueError where they are not of `count` prompts."""
    try:
        kept = msgspec.json.decode(content, type=tuple[_Continuation | None, ...])
    except msgspec.MsgspecError as problem:
        raise ValueError(str(problem)) from None
    if len(kept) != count:
        raise ValueError(f"{len(kept)} texts of {count} prompts")
    if not any(kept):
        raise ValueError("no prompt has a text")
    return kept


def _key(target: TargetSpec, sha256: str | None, runtime: str, writing: Writing) -> str:
    who = sha256 or (f"{target.server.url} {target.server.model}" if target.server else "")
    how = json.dumps(asdict(writing.decoding), sort_keys=True)
    settings = [who, writing.prompts_sha256, str(writing.new_tokens), target.dtype, how, runtime]
    return hashlib.sha256("\n".join(settings).encode()).hexdigest()


def _continued(prompt: Prompt, one: _Continuation) -> ContinuedPrompt:
    return ContinuedPrompt(
        id=prompt.id,
        category=prompt.category,
        prompt=one.prompt,
        tokens=one.tokens,
        logprobs=one.logprobs,
        gaps=one.gaps,
    )


def _write_all(target: Target, writing: Writing, now_s: Callable[[], float]) -> list[_Continuation | None]:
    prompts, room, new_tokens = writing.prompts, writing.room(target), writing.new_tokens
    fitted = fit(prompts.prompt_set, prompts.ids, room, new_tokens=new_tokens, longest=writing.longest)
    return [
        None if ids is None else _write(target, writing, ids, place, now_s, shortened=place in fitted.shortened)
        for place, ids in enumerate(fitted.ids)
    ]


def _write(
    target: Target, writing: Writing, ids: Ids, place: int, now_s: Callable[[], float], *, shortened: bool
) -> _Continuation:
    begun_s = now_s()
    one = target.continue_text(ids, writing.new_tokens, writing.decoding, seed=writing.decoding.seed + place)
    return _Continuation(
        prompt=ids,
        tokens=one.tokens,
        logprobs=one.logprobs,
        gaps=one.gaps,
        shortened=shortened,
        seconds=round(now_s() - begun_s, 6),
    )
