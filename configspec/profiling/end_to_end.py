"""Real speculative decoding of one configuration, beside what its profile predicts of the same prompts.

The prompts are decoded one after another, the whole set `repeats` times. The time of a prompt is its median over the
repeats, so a pause of the machine that hits one repeat of one prompt does not count. What a round costs is measured
beside each of them, for a few rounds that do not look at what is accepted: a machine whose speed drifts is then as fast
for the prediction as for what it predicts. What the prediction is tested for is whether costs and counts add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from configspec.devices.device import Device
from configspec.devices.metering import Meter
from configspec.errors import OutputDiffers, UsageError
from configspec.profiling.acceptance_trace import AcceptanceTrace, TracedPrompt
from configspec.profiling.decoded_energy import (
    MeteredRuns,
    RunMeter,
    predicted_j_per_token,
    waiting_power_w,
    with_energy,
)
from configspec.profiling.round_cost import Turns, pooled_cost, take_turns
from configspec.profiling.rules import rule_for
from configspec.profiling.speculative import Pair, SpeculativeRun, decode_speculatively
from configspec.profiling.target_text import ContinuedPrompt
from configspec.records.decoded import EndToEnd
from configspec.records.power import Power
from configspec.targets.target import Target
from configspec.testbed.device_spec import DeviceSpec, LinkSpec
from configspec.testbed.sweep_spec import SweepSpec
from configspec.theory.ids import ConfigurationId
from configspec.theory.prediction import RoundCost, TextCost, predicted_goodput_tokens_per_s, text_cost
from configspec.theory.serving.link import Link
from configspec.theory.spacing import evenly


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedPrompts:
    """Every decoding of every prompt, with what the replay predicts of each and what a round cost meanwhile."""

    prompts: tuple[ContinuedPrompt, ...]
    runs: tuple[tuple[SpeculativeRun, ...], ...]  # by prompt, then by repeat
    predicted: tuple[TextCost, ...]  # by prompt
    cost: RoundCost
    metered: MeteredRuns | None = None
    turns: tuple[Turns, ...] = ()


def chosen_prompts(trace: AcceptanceTrace, sweep: SweepSpec) -> tuple[TracedPrompt, ...]:
    """Those that are decoded, evenly taken from the set."""
    return tuple(trace.prompts[place] for place in evenly(len(trace.prompts), sweep.end_to_end.prompts))


def decode_prompts(
    pair: tuple[Device, Target],
    trace: AcceptanceTrace,
    configuration: ConfigurationId,
    sweep: SweepSpec,
    meter: Meter | None = None,
) -> DecodedPrompts:
    """Decode for real, and read the meter meanwhile; the draft is open on the device.

    Raises:
        OutputDiffers: A text came out that is not the target's own greedy one.
    """
    device, target = pair
    power = RunMeter(device, meter)
    power.start()
    chosen, decoding, k = chosen_prompts(trace, sweep), sweep.decoding, configuration.k
    turns: list[Turns] = []
    runs: list[list[SpeculativeRun]] = [[] for _ in chosen]
    for repeat in range(sweep.end_to_end.repeats):
        for place, prompt in enumerate(chosen):
            rule = rule_for(decoding, seed=decoding.seed + repeat * len(chosen) + place)
            both = Pair(device=device, target=target, rule=rule)
            turns.append(take_turns(both, prompt.continued.halfway, k))
            run = decode_speculatively(both, prompt.continued.prompt, k, sweep.new_tokens)
            if decoding.greedy:
                check_output(run.tokens, prompt.continued, str(configuration))
            runs[place].append(run)
    return DecodedPrompts(
        prompts=tuple(prompt.continued for prompt in chosen),
        runs=tuple(map(tuple, runs)),
        predicted=tuple(text_cost(prompt.accept, k) for prompt in chosen),
        cost=pooled_cost(turns),
        metered=power.stop(),
        turns=tuple(turns),
    )


def check_room(trace: AcceptanceTrace, k: int, sweep: SweepSpec, spec: DeviceSpec, target: Target) -> None:
    """A UsageError where the longest text with a draft behind it is too long for the device or the target."""
    longest = max(len(prompt.continued.prompt) for prompt in chosen_prompts(trace, sweep))
    needed = longest + sweep.new_tokens + k
    for who, context in (
        (f"devices.{spec.name}.llama_cpp.context", spec.llama_cpp.context),
        (target.name, target.context),
    ):
        if context is not None and needed > context:
            raise UsageError(
                f"end-to-end decoding needs a context of {needed} tokens (the longest prompt, {sweep.new_tokens} new "
                f"tokens and K {k}); {who} has {context}. Raise it, or lower sweep.new_tokens, or use "
                "--end-to-end none."
            )


def check_output(tokens: Sequence[int], continued: ContinuedPrompt, where: str) -> None:
    """Refuse a text that is not the target's own greedy text, at the first token that differs."""
    own = continued.tokens
    if tuple(tokens) == own:
        return
    place = next((i for i, (mine, theirs) in enumerate(zip(tokens, own, strict=False)) if mine != theirs), None)
    if place is None:
        raise OutputDiffers(
            f"{where}, prompt {continued.id!r}: {len(tokens)} tokens were decoded; the target's own text has "
            f"{len(own)}."
        )
    gap = (
        "" if continued.gaps is None else f" There the target's best two logits are {continued.gaps[place]:.2g} apart."
    )
    raise OutputDiffers(
        f"{where}, prompt {continued.id!r}: token {place} of the decoded text is {tokens[place]}, and the target's own "
        f"text has {own[place]}.{gap} A tiny gap is a near tie, which the target's arithmetic over several tokens at "
        "once may decide otherwise: use a wider `dtype`. A large one is a bug: report it."
    )


def median_run(repeats: Sequence[SpeculativeRun]) -> SpeculativeRun:
    """The run whose time is the median; of an even number the lower one in the middle."""
    return sorted(repeats, key=lambda run: run.spent.total_s)[(len(repeats) - 1) // 2]


def goodput_tokens_per_s(runs: Sequence[SpeculativeRun]) -> float:
    """Tokens of all `runs` over their seconds."""
    return sum(len(run.tokens) for run in runs) / sum(run.spent.total_s for run in runs)


def summarise(
    decoded: DecodedPrompts, sweep: SweepSpec, link: LinkSpec | None, power: Power, no_meter: str
) -> EndToEnd:
    """Measured beside predicted, for the record; `power` is the profile's, `no_meter` why nothing was metered."""
    runs, texts = decoded.runs, decoded.predicted
    chosen = [median_run(repeats) for repeats in runs]
    spent = [run.spent for run in chosen]
    greedy = sweep.decoding.greedy
    cuts = decoded.cost.going_back is None
    found = EndToEnd(
        goodput_tokens_per_s=goodput_tokens_per_s(chosen),
        goodput_by_repeat_tokens_per_s=tuple(goodput_tokens_per_s(repeat) for repeat in zip(*runs, strict=True)),
        repeats_s=tuple(sum(run.spent.total_s for run in repeat) for repeat in zip(*runs, strict=True)),
        predicted_goodput_tokens_per_s=predicted_goodput_tokens_per_s(texts, decoded.cost),
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
        cost=decoded.cost,
        prompts=tuple(prompt.id for prompt in decoded.prompts),
        new_tokens=sweep.new_tokens,
        rule=sweep.decoding.rule,
        output="equal to the target's own greedy text" if greedy else "sampled: no one text to equal",
        link=None if link is None else Link(rtt_s=link.rtt_s, jitter_s=link.jitter_s, bits_per_s=link.bits_per_s),
        restore_s=None if cuts else sum(one.restore_s for one in spent),
        returns=None if cuts else sum(run.returns or 0 for run in chosen),
        predicted_returns=None if cuts else sum(sum(text.returns) for text in texts),
    )
    every = [run for repeats in runs for run in repeats]
    waiting_w = waiting_power_w(decoded.turns, decoded.metered, power)
    drafting_w = None if power.watts is None else power.watts.value
    predicted_j = predicted_j_per_token(texts, decoded.cost, drafting_w, waiting_w)
    found = replace(found, waiting_w=waiting_w)
    return with_energy(found, every, decoded.metered, predicted_j, no_meter)
