"""Runs made by hand, for tests of what compares them: a few cells on a device, each value with the noise that is asked.

session    noise that all cells of a run share, as a share of the value
own        noise of each cell by itself
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from configspec.histories.run import Chosen, Run
from configspec.regression.acceptance import Counted, PromptCounts
from configspec.regression.metrics import ACCEPTANCE, DRAFTING, GOODPUT
from configspec.regression.series import Disturbance, Measured, SeriesKey, Setup
from configspec.theory.figures import Estimate
from configspec.theory.ids import ConfigurationId, configuration_id

DAY_S = 86_400.0
BEGIN_S = 1_790_000_000.0
SETUP: Setup = (
    ("device.board", "Orin"),
    ("device.llama_cpp_version", "0.3.36"),
    ("device.power_mode", "MAXN"),
    ("target.decoding", "greedy, match-greedy-draft"),
)
PROMPTS = 10


def configuration(k: int = 4, device: str = "orin", draft: str = "xs") -> ConfigurationId:
    """One of the configurations of the runs made here."""
    return configuration_id(device, "llama", draft, "Q4_K_M", k)


def goodput(k: int = 4, device: str = "orin", draft: str = "xs") -> SeriesKey:
    """Its goodput as a series."""
    return SeriesKey(configuration=configuration(k, device, draft), metric=GOODPUT)


TRUE = {configuration(2): 90.0, configuration(4): 100.0, configuration(8): 70.0}


def made_run(
    day: float = 0,
    values: Mapping[ConfigurationId, float] = TRUE,
    *,
    session: float = 0.0,
    own: float = 0.0,
    rng: np.random.Generator | None = None,
    setup: Setup = SETUP,
    accepted: int = 30,
    disturbed: tuple[Disturbance, ...] = (),
    night: str | None = None,
    commit: str | None = None,
    source: str | None = None,
    choices: bool = True,
) -> Run:
    """A run of `day`: goodput, drafting speed, acceptance counts, and what was chosen."""
    drawn = np.random.default_rng(0) if rng is None else rng
    shared = session * drawn.standard_normal()
    at_s, label = BEGIN_S + day * DAY_S, f"night {math.floor(day)}" if night is None else night
    found = {one: value * math.exp(shared + own * drawn.standard_normal()) for one, value in values.items()}
    measured = {
        key: Measured(series=key, value=number, setup=setup, at_s=at_s, night=label, commit=commit, disturbed=disturbed)
        for one, value in found.items()
        for key, number in (
            (SeriesKey(configuration=one, metric=GOODPUT), value),
            (SeriesKey(configuration=one, metric=DRAFTING), 3 * value),
            (SeriesKey(configuration=one, metric=ACCEPTANCE), accepted / 40),
        )
    }
    name = f"run-{day:g}.json" if source is None else source
    return Run(
        source=name,
        sha256=f"{name} {sorted(found.values())} {accepted} {setup}",
        at_s=at_s,
        night=label,
        measured=measured,
        counted={one: counted(one, accepted, setup) for one in found},
        chosen=chosen(found) if choices and found else (),
        commit=commit,
    )


def counted(one: ConfigurationId, accepted: int = 30, setup: Setup = SETUP) -> Counted:
    """The counts of ten prompts of four tokens; the third has what is left over."""
    each = accepted // PROMPTS
    prompts = tuple(
        PromptCounts(
            prompt=f"p{place}",
            accepted=each + (accepted - each * PROMPTS if place == 2 else 0),
            drafted=4,
            emitted=6,
        )
        for place in range(PROMPTS)
    )
    return Counted(series=SeriesKey(configuration=one, metric=ACCEPTANCE), setup=setup, prompts=prompts)


def chosen(values: Mapping[ConfigurationId, float]) -> tuple[Chosen, ...]:
    """What is chosen for goodput on each device: the best, tied with what is within 2 % of it."""
    found = []
    for device in dict.fromkeys(one.device for one in values):
        own = {one: value for one, value in values.items() if one.device == device}
        best = max(own, key=own.__getitem__)
        tied: Sequence[ConfigurationId] = [one for one, value in own.items() if value >= 0.98 * own[best]]
        found.append(
            Chosen(
                device=device,
                family="llama",
                objective="goodput",
                best=best,
                tied=(best, *(one for one in tied if one != best)),
                values={one: Estimate(value=v, low=v, high=v, confidence=0.95, n=9) for one, v in own.items()},
                better="higher",
            )
        )
    return tuple(found)


def history(nights: int, *, rng: np.random.Generator, session: float = 0.01, own: float = 0.003) -> list[Run]:
    """A run a night, oldest first."""
    return [made_run(day, rng=rng, session=session, own=own) for day in range(nights)]


def scaled(factor: float, *only: int) -> dict[ConfigurationId, float]:
    """The true values, those of these K (of all, where none is named) by a factor."""
    return {one: value * (factor if not only or one.k in only else 1.0) for one, value in TRUE.items()}


def with_setup(run: Run, **fields: str) -> Run:
    """The run with other values of fields, such as `power_mode` of the device."""
    changed = tuple((name, fields.get(name.partition(".")[2], text)) for name, text in SETUP)
    return replace(
        run,
        sha256=f"{run.sha256} {fields}",
        measured={key: replace(one, setup=changed) for key, one in run.measured.items()},
        counted={key: replace(one, setup=changed) for key, one in run.counted.items()},
    )
