"""Real speculative decoding of one configuration, beside what its profile predicts of the same prompts.

The prompts are decoded one after another, the whole set `repeats` times. The time of a prompt is its median over the
repeats, so a pause of the machine that hits one repeat of one prompt does not count. What a round costs is measured
beside each of them, for a few rounds that do not look at what is accepted: a machine whose speed drifts is then as fast
for the prediction as for what it predicts. What the prediction is tested for is whether costs and counts add up.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace

from configspec.devices.device import Device
from configspec.errors import OutputDiffers, UsageError
from configspec.profiling.round_cost import Turns, pooled_cost, take_turns
from configspec.profiling.rules import rule_for
from configspec.profiling.speculative import SpeculativeRun, decode_speculatively
from configspec.profiling.target_text import TracedPrompt
from configspec.profiling.workbench import Prepared, Workbench
from configspec.records.decoded import EndToEnd
from configspec.records.row import Row
from configspec.targets.target import Target
from configspec.testbed.specs import DeviceSpec, SweepSpec
from configspec.theory.prediction import RoundCost, TextCost, predicted_goodput_tokens_per_s, text_cost
from configspec.theory.statistics import disturbed

NO_METER = "devices.yaml declares no power meter for this device"
EXCHANGES = 20  # measured, of which the median counts


def measure_end_to_end(bench: Workbench, spec: DeviceSpec, prepared: Prepared, row: Row, ks: Sequence[int]) -> Row:
    """`row`, which was profiled before, with real decoding of the same configuration beside its prediction."""
    sweep = bench.inventory.sweep
    k = row.configuration.k
    where = f"{spec.name}, {prepared.family.name} {prepared.draft} {prepared.quant} K={k}"
    places = evenly(len(prepared.trace.prompts), sweep.end_to_end.prompts)
    prompts = [prepared.trace.prompts[place] for place in places]
    target = bench.target(prepared.family)
    check_room(prompts, k, sweep.new_tokens, spec, target)
    verification = bench.verification(prepared.family, ks)
    device = bench.device(spec)
    model = bench.model_on(spec, prepared.family.name, prepared.draft, prepared.quant)
    device.open_model(model, spec.llama_cpp)
    turns: list[Turns] = []
    runs: list[list[SpeculativeRun]] = [[] for _ in prompts]
    for repeat in range(sweep.end_to_end.repeats):
        for place, traced in enumerate(prompts):
            rule = rule_for(sweep.decoding, seed=sweep.decoding.seed + repeat * len(prompts) + place)
            turns.append(take_turns(device, target, rule, halfway(traced), k))
            run = decode_speculatively(device, target, traced.prompt, k, sweep.new_tokens, rule=rule)
            if sweep.decoding.greedy:
                check_output(run.tokens, traced, where)
            runs[place].append(run)
    texts = [text_cost(prepared.scores.accept[place], k) for place in places]
    found = summarise(runs, texts, pooled_cost(turns), prompts, sweep, spec)
    doubt = disturbed(found.repeats_s)
    flags = (*verification.flags(k), *((f"end to end: {doubt}",) if doubt else ()))
    configuration = replace(row.configuration, warnings=(*row.configuration.warnings, *flags))
    return replace(row, configuration=configuration, verification=verification.record(k), end_to_end=found)


def halfway(traced: TracedPrompt) -> tuple[int, ...]:
    """A context such as decoding meets: the prompt and half of what follows."""
    return (*traced.prompt, *traced.tokens[: len(traced.tokens) // 2])


def check_room(prompts: Sequence[TracedPrompt], k: int, new_tokens: int, spec: DeviceSpec, target: Target) -> None:
    """A UsageError where the longest text with a draft behind it is too long for the device or the target."""
    needed = max(len(traced.prompt) for traced in prompts) + new_tokens + k
    for who, context in (
        (f"devices.{spec.name}.llama_cpp.context", spec.llama_cpp.context),
        (target.name, target.context),
    ):
        if context is not None and needed > context:
            raise UsageError(
                f"end-to-end decoding needs a context of {needed} tokens (the longest prompt, {new_tokens} new tokens "
                f"and K {k}); {who} has {context}. Raise it, or lower sweep.new_tokens, or use --end-to-end none."
            )


def evenly(total: int, count: int) -> list[int]:
    """`count` places of `total`, evenly spaced, since neighbours in a prompt set are of one kind; at most all."""
    count = min(count, total)
    return [place * total // count for place in range(count)]


def check_output(tokens: Sequence[int], traced: TracedPrompt, where: str) -> None:
    """Refuse a text that is not the target's own greedy text, at the first token that differs."""
    own = traced.tokens
    if tuple(tokens) == own:
        return
    place = next((i for i, (mine, theirs) in enumerate(zip(tokens, own, strict=False)) if mine != theirs), None)
    if place is None:
        raise OutputDiffers(
            f"{where}, prompt {traced.id!r}: {len(tokens)} tokens were decoded; the target's own text has {len(own)}."
        )
    gap = "" if traced.gaps is None else f" There the target's best two logits are {traced.gaps[place]:.2g} apart."
    raise OutputDiffers(
        f"{where}, prompt {traced.id!r}: token {place} of the decoded text is {tokens[place]}, and the target's own "
        f"text has {own[place]}.{gap} A tiny gap is a near tie, which the target's arithmetic over several tokens at "
        "once may decide otherwise: use a wider `dtype`. A large one is a mistake: report it."
    )


def time_exchange(device: Device, context: Sequence[int], k: int) -> tuple[float, ...]:
    """Seconds that a round's request and answer take beyond the drafting itself, several times."""
    device.prefill(context)
    found = []
    for _ in range(EXCHANGES):
        began_s = time.monotonic()
        drafted = device.draft(k, keep=len(context), append=())
        found.append(time.monotonic() - began_s - (drafted.stamps_s[-1] - drafted.stamps_s[0]))
    return tuple(found)


def median_run(repeats: Sequence[SpeculativeRun]) -> SpeculativeRun:
    """The run whose time is the median; of an even number the lower one in the middle."""
    return sorted(repeats, key=lambda run: run.spent.total_s)[(len(repeats) - 1) // 2]


def goodput_tokens_per_s(runs: Sequence[SpeculativeRun]) -> float:
    """Tokens of all `runs` over their seconds."""
    return sum(len(run.tokens) for run in runs) / sum(run.spent.total_s for run in runs)


def summarise(
    runs: Sequence[Sequence[SpeculativeRun]],
    texts: Sequence[TextCost],
    cost: RoundCost,
    prompts: Sequence[TracedPrompt],
    sweep: SweepSpec,
    spec: DeviceSpec,
) -> EndToEnd:
    """Measured beside predicted, for the record; `runs` by prompt, then by repeat."""
    chosen = [median_run(repeats) for repeats in runs]
    spent = [run.spent for run in chosen]
    return EndToEnd(
        goodput_tokens_per_s=goodput_tokens_per_s(chosen),
        goodput_by_repeat_tokens_per_s=tuple(goodput_tokens_per_s(repeat) for repeat in zip(*runs, strict=True)),
        repeats_s=tuple(sum(run.spent.total_s for run in repeat) for repeat in zip(*runs, strict=True)),
        predicted_goodput_tokens_per_s=predicted_goodput_tokens_per_s(texts, cost),
        tokens=sum(len(run.tokens) for run in chosen),
        rounds=sum(run.rounds for run in chosen),
        drafted=sum(run.drafted for run in chosen),
        accepted=sum(run.accepted for run in chosen),
        catch_ups=sum(run.catch_ups for run in chosen),
        predicted_rounds=sum(text.rounds for text in texts),
        predicted_catch_ups=sum(text.catch_ups for text in texts),
        drafting_s=sum(one.drafting_s for one in spent),
        link_s=sum(one.link_s for one in spent),
        verification_s=sum(one.verification_s for one in spent),
        bookkeeping_s=sum(one.bookkeeping_s for one in spent),
        total_s=sum(one.total_s for one in spent),
        cost=cost,
        prompts=tuple(traced.id for traced in prompts),
        new_tokens=sweep.new_tokens,
        rule=sweep.decoding.rule,
        output="equal to the target's own greedy text" if sweep.decoding.greedy else "sampled: no one text to equal",
        link=None if spec.link is None else asdict(spec.link),
        energy_reason=NO_METER,
    )
