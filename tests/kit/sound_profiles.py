"""Profiles of boards that could be, for laws of plausibility: everything in them agrees with everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from configspec.theory.acceptance.chain import replay_each
from configspec.theory.evidence import Evidence, Stated
from configspec.theory.figures import Estimate
from configspec.theory.ids import Cell, Drafter
from configspec.theory.objectives.cost import Cost
from configspec.theory.objectives.goodput import Goodput
from configspec.theory.objectives.objective import figures_of
from configspec.theory.plausibility.rule import Subject
from configspec.theory.plausibility.token_times import BITS
from configspec.theory.profile import Acceptance, Configuration
from configspec.theory.serving.assumptions import Serving

SERVING = Serving()
NOISE = 0.03  # of a time, to either side
MODELS = (0.5e9, 1e9, 3e9, 8e9)  # parameters
QUANTS = ("Q4_0", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "F16")


def near(value: float, half: float = NOISE) -> Estimate:
    """A figure with `half` of it to either side."""
    return Estimate(value=value, low=value * (1 - half), high=value * (1 + half), confidence=0.95, n=20)


def counted(texts: Sequence[Sequence[bool]], ks: Sequence[int]) -> dict[int, Acceptance]:
    """The acceptance of a draft over these texts, by K, as a teacher-forced pass counts it; its interval is narrow."""
    by_text = [replay_each(text, ks) for text in texts]
    found = {}
    for place, k in enumerate(ks):
        by_prompt = tuple((float(one[place].rounds), float(one[place].accepted)) for one in by_text)
        rounds, accepted = (sum(each) for each in zip(*by_prompt, strict=True))
        rate = accepted / (k * rounds)
        estimate = Estimate(value=rate, low=rate * 0.99, high=min(1.0, rate * 1.01), confidence=0.95, n=len(texts))
        found[k] = Acceptance(
            rate=estimate,
            rounds=rounds,
            drafted=k * rounds,
            accepted=accepted,
            by_prompt=by_prompt,
            prompts_sha256="ab" * 32,
        )
    return found


def subject(configuration: Configuration, serving: Serving = SERVING) -> Subject:
    """It under these assumptions."""
    return Subject(configuration=configuration, serving=serving)


def agreeing(one: Configuration, serving: Serving = SERVING) -> Configuration:
    """The configuration with what a source states of it, computed and rounded to three digits."""
    figures, power = figures_of(one, serving), one.power_w
    tokens = one.k * one.acceptance.rate.value + 1
    stated = Stated(
        goodput_tokens_per_s=printed(Goodput().value(figures, serving)),
        tokens_per_usd=printed(Cost().value(figures, serving)),
        drafting_j_per_token=None if power is None else printed(power.value * figures.round_s / tokens),
    )
    return replace(one, evidence=replace(one.evidence, stated=stated))


def printed(value: float) -> Estimate:
    """A figure as a paper prints it: three digits, its interval their rounding."""
    shown = f"{value:.2e}"
    half = 0.005 * 10.0 ** int(shown.partition("e")[2])
    return Estimate(value=float(shown), low=float(shown) - half, high=float(shown) + half, confidence=1.0, n=0)


@st.composite
def boards(draw: st.DrawFn) -> list[Subject]:
    """One device whose drafts are read at a share of its memory's speed, in one mode, over texts of any kind.

    A kernel takes up to a fifth longer than another; all else is noise of a few per cent, and a fixed time a token.
    """
    memory = draw(st.floats(3e9, 3e11))
    reached = draw(st.floats(0.2, 0.7)) * memory
    fixed_s = draw(st.floats(0.0, 0.004))
    ks = sorted(draw(st.sets(st.integers(1, 16), min_size=1, max_size=5)))
    knows_bytes, mode = draw(st.booleans()), draw(st.none() | st.just("MAXN"))
    texts = st.lists(st.lists(st.booleans(), min_size=60, max_size=120), min_size=12, max_size=12)
    found = []
    for parameters in draw(st.sets(st.sampled_from(MODELS), min_size=1, max_size=3)):
        acceptance = counted(draw(texts), ks)
        for quant in draw(st.sets(st.sampled_from(QUANTS), min_size=1, max_size=3)):
            weights = parameters * BITS[quant] / 8
            token_s = fixed_s + weights * draw(st.floats(1.0, 1.2)) / reached
            cell = Cell(device="d", family="f", drafter=Drafter(draft=f"{parameters:g}", quant=quant))
            evidence = Evidence(
                weights_bytes=int(weights) if knows_bytes else None,
                memory_bytes_per_s=memory,
                memory=draw(st.sampled_from(["measured", "declared"])),
                power_mode=mode,
            )
            for k in ks:
                one = Configuration(
                    id=cell.at(k),
                    round_s=near(k * token_s * draw(st.floats(1 - NOISE, 1 + NOISE))),
                    acceptance=acceptance[k],
                    power_w=near(8.0),
                    idle_w=near(draw(st.floats(1.0, 8.0))),
                    provenance="measured",
                    evidence=evidence,
                )
                found.append(subject(agreeing(one) if draw(st.booleans()) else one))
    return found
