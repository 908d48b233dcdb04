"""Speculative decoding end to end, ours against an engine: whether the same tokens are accepted, and how fast.

    llama-speculative-simple   both models in one program, no agent and no protocol between them. Ours drafts on the
                               device and verifies with a llama.cpp target, from the same two GGUF files. Seconds are
                               of decoding; reading the prompt is on neither side
    assisted generation        both models by torch. Ours verifies with a transformers target and drafts, on the device,
                               with the same draft in F16. `generate` does not tell the prompt's time apart, so it is in
                               the seconds of both sides

Every K is counted, by the engine's own rule for the end of a text (`engine_rules.py`); then some are timed, in turns,
ours writing as many tokens as the engine did. Prompts are left out, and counted, whose text does not lead llama.cpp
back to its token ids: its program takes text.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from agreement import Difference, agreement
from comparison import Line, Pair, compare, enough
from engine_rules import ByTheirRule, Counts, flips_behind
from engines import Engine, Given, Outcome
from machine import Watch

from configspec.devices.device import Device
from configspec.profiling.rules import Greedy
from configspec.profiling.speculative import Pair as DevicePair
from configspec.profiling.speculative import SpeculativeRun, decode_speculatively
from configspec.targets.target import Target
from configspec.theory.decoding import Decoding

MOST_TIMES = 3  # times as many pairs as asked for, before disturbed ones are counted as they are

Side = Literal["ours", "peer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is decoded; `timed` are the K whose speed is compared, of all the `ks` that are counted."""

    name: str  # of target and draft
    prompts: tuple[Given, ...]
    left_out: int
    ks: tuple[int, ...]
    timed: tuple[int, ...]
    new_tokens: int
    pairs: int
    at_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What ours decodes with: the device has the draft open."""

    device: Device
    target: Target


@dataclass(slots=True)
class Turn:
    """What a side did, one turn or several; `runs` are ours."""

    tokens: int = 0
    seconds: float = 0.0
    rounds: int = 0
    runs: list[SpeculativeRun] = field(default_factory=list)

    def add(self, other: Turn) -> None:
        """And another turn."""
        self.tokens += other.tokens
        self.seconds += other.seconds
        self.rounds += other.rounds
        self.runs += other.runs


def against(engine: Engine, ours: Ours, task: Task, progress: Callable[[str], None]) -> list[Line]:
    """A line of speed for each K of `task.timed`, and one of all counts."""
    outcomes: dict[tuple[int, str], Outcome] = {}
    differences: list[Difference] = []
    for k in task.ks:
        progress(f"{task.name}, {engine.rule.name}: counting K = {k}")
        for one in task.prompts:
            outcome = outcomes[k, one.id] = engine.decode(one, k, task.new_tokens)
            found = _difference(engine, ours, task, one, k, outcome)
            differences += [] if found is None else [found]
    left_out = f"{task.left_out} prompts do not lead llama.cpp back to their token ids and are left out"
    counts = agreement(
        f"{task.name}, {engine.rule.name}",
        len(outcomes),
        differences,
        counts="(rounds, drafted, accepted)",
        names=("ours", "theirs"),
        notes=(left_out,) if task.left_out else (),
    )
    lengths = {k: [outcomes[k, one.id].tokens for one in task.prompts] for k in task.timed}
    return [*(_speed(engine, ours, task, k, lengths[k], progress) for k in task.timed), counts]


def _difference(engine: Engine, ours: Ours, task: Task, one: Given, k: int, outcome: Outcome) -> Difference | None:
    """None where ours, decoding for real by the engine's rule, counts and writes the same; else what is behind it."""
    rule = ByTheirRule(engine.rule, prompt_length=len(one.ids), new_tokens=task.new_tokens)
    pair = DevicePair(device=ours.device, target=ours.target, rule=rule)
    decode_speculatively(pair, one.ids, k, task.new_tokens + engine.rule.past)
    parted = outcome.parted(_before_end(rule.tokens, ours.target.end_tokens))
    if rule.counts == outcome.counts and parted is None:
        return None
    whose, gap = _behind(ours, rule, outcome.counts, one, k, task.new_tokens, parted)
    return Difference(
        cell=task.name, prompt=one.id, k=k, predicted=rule.counts, counted=outcome.counts, gap=gap, whose=whose
    )


def _behind(
    ours: Ours, rule: ByTheirRule, theirs: Counts, one: Given, k: int, new_tokens: int, parted: int | None
) -> tuple[str, float | None]:
    """Who chose otherwise, and the gap between its best two logits there; None where no near tie explains it."""
    written = ours.target.continue_text(one.ids, new_tokens + k + 1, Decoding(), seed=0)
    if parted is not None:
        same_so_far = list(written.tokens[:parted]) == rule.tokens[:parted]
        gaps = written.gaps or ()
        return "target", gaps[parted] if same_so_far and parted < len(gaps) else None
    scores = ours.device.score((*one.ids, *written.tokens), start=len(one.ids))
    matches = [mine == own for mine, own in zip(scores.argmax, written.tokens, strict=True)]
    behind = [flips_behind(each, rule.rule, matches, scores.gap, k, new_tokens) for each in (rule.counts, theirs)]
    explained = [gap for gap in behind if gap is not None]
    return "draft", max(explained) if len(explained) == len(behind) else None


def _before_end(tokens: Sequence[int], ends: frozenset[int]) -> Sequence[int]:
    place = next((place for place, token in enumerate(tokens) if token in ends), len(tokens))
    return tokens[:place]


def _speed(
    engine: Engine, ours: Ours, task: Task, k: int, lengths: Sequence[int], progress: Callable[[str], None]
) -> Line:
    """Tokens a second, in turns: first one first and then the other, all prompts in each turn."""
    name = f"{task.name}, K = {k}, {engine.rule.name}"
    turns: dict[Side, Callable[[], Turn]] = {
        "ours": lambda: _our_turn(ours, task, k, lengths, with_prompt=engine.times_the_prompt),
        "peer": lambda: _their_turn(engine, task, k),
    }
    total: dict[Side, Turn] = {"ours": Turn(), "peer": Turn()}
    for take in turns.values():
        take()  # untimed: memory is claimed, files are read
    taken: list[Pair] = []
    while not enough(taken, least=task.pairs, most=task.pairs * MOST_TIMES):
        order: tuple[Side, Side] = ("ours", "peer") if len(taken) % 2 else ("peer", "ours")
        watch = Watch()
        done = {side: turns[side]() for side in order}
        figures = {side: turn.tokens / turn.seconds for side, turn in done.items()}
        taken.append(Pair(peer=figures["peer"], ours=figures["ours"], waited=watch.waited()))
        for side, turn in done.items():
            total[side].add(turn)
        progress(f"{name}, pair {len(taken)}: {figures['peer']:,.0f} and {figures['ours']:,.0f} tokens/s")
    notes = (f"{len(task.prompts)} prompts a turn", where_it_goes(total["ours"], total["peer"]))
    return compare(name, "tokens/s", taken, least=task.pairs, at_least=task.at_least, notes=notes)


def _our_turn(ours: Ours, task: Task, k: int, lengths: Sequence[int], *, with_prompt: bool) -> Turn:
    done = Turn()
    for one, length in zip(task.prompts, lengths, strict=True):
        began_s = time.monotonic()
        pair = DevicePair(device=ours.device, target=ours.target, rule=Greedy())
        run = decode_speculatively(pair, one.ids, k, length)
        seconds = time.monotonic() - began_s if with_prompt else run.spent.total_s
        done.add(Turn(tokens=len(run.tokens), seconds=seconds, rounds=run.rounds, runs=[run]))
    return done


def _their_turn(engine: Engine, task: Task, k: int) -> Turn:
    done = Turn()
    for one in task.prompts:
        outcome = engine.decode(one, k, task.new_tokens)
        done.add(Turn(tokens=outcome.tokens, seconds=outcome.seconds, rounds=outcome.counts[0]))
    return done


def where_it_goes(ours: Turn, theirs: Turn) -> str:
    """What a round takes, and of ours each part: the overhead can be read off."""

    def mean_ms(part: str) -> float:
        return 1e3 * statistics.fmean(getattr(run.spent, part) / run.rounds for run in ours.runs)

    parts = {"drafting": "drafting_s", "link": "link_s", "verification": "verification_s", "the rest": "bookkeeping_s"}
    shown = ", ".join(f"{name} {mean_ms(part):.3f}" for name, part in parts.items())
    return f"ms a round: theirs {1e3 * theirs.seconds / theirs.rounds:.3f}, ours {shown}"
