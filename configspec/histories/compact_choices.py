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
    forms = msgspec.json.decode(text, type=list[ChoiceForm])
    # Once for all choices by an objective: a run of 50 boards has as many, and each column has all of their values.
    columns = {one.metric.name: dict(zip(one.places, one.values, strict=True)) for one in measured.columns}
    return tuple(_chosen(form, measured, columns.get(form.objective, {})) for form in forms)


def _chosen(form: ChoiceForm, measured: MeasuredColumns, values: Mapping[int, float]) -> Chosen:
    known = measured.names.configurations
    check_places([form.best, *form.tied, *form.of], len(known))
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
