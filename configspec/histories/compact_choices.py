"""The choices of a run, as a compact run file has them: a value that its series has too stands there once."""

from __future__ import annotations

from collections.abc import Mapping

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
    return tuple(_chosen(form, measured) for form in msgspec.json.decode(text, type=list[ChoiceForm]))


def _chosen(form: ChoiceForm, measured: MeasuredColumns) -> Chosen:
    known = measured.names.configurations
    check_places([form.best, *form.tied, *form.of], len(known))
    column = next((one for one in measured.columns if one.metric.name == form.objective), None)
    values = {} if column is None else dict(zip(column.places, column.values, strict=True))
    estimates = {}
    for place, value, *rest in zip(form.of, form.values, form.low, form.high, form.confidence, form.n, strict=True):
        found = values.get(place) if value is None else value
        if found is None:
            raise ValueError(f"its choice by {form.objective:.20} has a configuration without a value")
        low, high, confidence, n = rest
        estimates[known[place]] = Estimate(value=found, low=low, high=high, confidence=confidence, n=int(n))
    return Chosen(
        device=form.device,
        family=form.family,
        objective=form.objective,
        best=known[form.best],
        tied=tuple(known[place] for place in form.tied),
        values=estimates,
        better=form.better,
    )
