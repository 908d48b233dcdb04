"""The choices of a run, as a compact run file has them: a value that its series has too stands there once."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from configspec.histories.columns import MeasuredColumns
from configspec.histories.compact_form import ChoiceForm, Places, check_places
from configspec.histories.run import Chosen
from configspec.regression.series import Measured, SeriesKey
from configspec.theory.figures import Estimate
from configspec.theory.ids import ConfigurationId


def choice_form(one: Chosen, measured: Mapping[SeriesKey, Measured], names: Places[ConfigurationId]) -> ChoiceForm:
    """One choice; the places of its configurations are given by `names`."""
    every = measured.values()
    values = {found.series.configuration: found.value for found in every if found.series.metric.name == one.objective}
    estimates = list(one.values.items())
    return ChoiceForm(
        device=one.device,
        family=one.family,
        objective=one.objective,
        better=one.better,
        best=names.of(one.best),
        tied=[names.of(each) for each in one.tied],
        of=[names.of(each) for each, _ in estimates],
        values=[None if values.get(each) == found.value else found.value for each, found in estimates],
        low=[found.low for _, found in estimates],
        high=[found.high for _, found in estimates],
        confidence=[found.confidence for _, found in estimates],
        n=[found.n for _, found in estimates],
    )


def choices_of(text: bytes, measured: MeasuredColumns) -> tuple[Chosen, ...]:
    """The choices of a run with these values; ValueError where they are none."""
    forms = msgspec.json.decode(text, type=list[ChoiceForm])
    # Once for all choices by an objective: a run of 50 boards has as many, and each column has all of their values.
    columns = {one.metric.name: dict(zip(one.places, one.values, strict=True)) for one in measured.columns}
    return tuple(_chosen(form, measured, columns.get(form.objective, {})) for form in forms)


def _chosen(form: ChoiceForm, measured: MeasuredColumns, values: Mapping[int, float]) -> Chosen:
    known = measured.names.configurations
    check_places([form.best, *form.tied, *form.of], len(known))
    columns = (form.values, form.low, form.high, form.confidence, form.n)
    if any(len(column) != len(form.of) for column in columns) or len(set(form.of)) < len(form.of):
        raise ValueError(f"its choice by {form.objective:.20} has columns that do not fit together")
    found = [values.get(place) if value is None else value for place, value in zip(form.of, form.values, strict=True)]
    if None in found:
        raise ValueError(f"its choice by {form.objective:.20} has a configuration without a value")
    return Chosen(
        device=form.device,
        family=form.family,
        objective=form.objective,
        best=known[form.best],
        tied=tuple(known[place] for place in form.tied),
        values=_Values(
            known,
            # Columns, as a run has them: a history of 30 nights of 5,000 rows holds half a million of these.
            of=array("q", form.of),
            values=array("d", (one for one in found if one is not None)),
            low=array("d", form.low),
            high=array("d", form.high),
            confidence=array("d", form.confidence),
            n=array("q", map(int, form.n)),
        ),
        better=form.better,
    )


class _Values(Mapping[ConfigurationId, Estimate]):
    """The values of a choice, made when the first of them is asked for: of most nights nobody asks."""

    def __init__(
        self,
        known: Sequence[ConfigurationId],
        *,
        of: array[int],
        values: array[float],
        low: array[float],
        high: array[float],
        confidence: array[float],
        n: array[int],
    ) -> None:
        self._known, self._of = known, of
        self._columns = (of, values, low, high, confidence, n)

    def __getitem__(self, key: ConfigurationId) -> Estimate:
        return self._made[key]

    def __iter__(self) -> Iterator[ConfigurationId]:
        return (self._known[place] for place in self._of)

    def __len__(self) -> int:
        return len(self._of)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._made!r})"

    @cached_property
    def _made(self) -> dict[ConfigurationId, Estimate]:
        return {
            self._known[place]: Estimate(value=value, low=low, high=high, confidence=confidence, n=n)
            for place, value, low, high, confidence, n in zip(*self._columns, strict=True)
        }
