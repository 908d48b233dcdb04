"""The compact run file: all that histories know of one run, by itself. 500 rows take less than 60 kB.

It is JSON, packed with gzip; docs/histories.md describes its keys. Configurations and setups stand in it once, and are
referred to by their place. Values have seven digits. Kept are the counts of every prompt (rounds and accepted tokens,
from which drafted and emitted follow) and the choices with the intervals of what they were chosen from. Lost are what
a ranking under other assumptions would need: times of rounds, samples, health; and the position at which a prompt
differs.

Version 1 is the first.
"""

from __future__ import annotations

import gzip
import zlib
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

import msgspec

from configspec.errors import RecordError
from configspec.histories.columns import Column, CountedColumns, Counts, MeasuredColumns, Names, When
from configspec.histories.compact_choices import choice_form, choices_of
from configspec.histories.compact_form import (
    KEY,
    VERSION,
    CountsForm,
    Places,
    RunForm,
    SeriesForm,
    check_figures,
    check_places,
    names_form,
    names_of,
    raw,
    setup_forms,
    setups_of,
)
from configspec.histories.run import Run
from configspec.regression.acceptance import Counted
from configspec.regression.metrics import Metric
from configspec.regression.series import Measured, SeriesKey, Setup
from configspec.theory.ids import ConfigurationId
from configspec.untrusted import GZIP, open_regular, read_bounded

PACKED_BYTES, CONTENT_BYTES = 16 << 20, 256 << 20
MAKE = "configspec history add STORE RESULTS makes one of a results file"
_BEGIN = f'{{"{KEY}":'.encode()


def is_compact(path: Path) -> bool:
    """Whether the file begins as a compact run file does; what cannot be read does not."""
    try:
        with open_regular(path) as file:
            return file.read(len(_BEGIN)).startswith((GZIP, _BEGIN))
    except OSError:
        return False


def packed(run: Run) -> bytes:
    """The file's content, the same for equal runs. ValueError where counts are not of rounds of their K."""
    return gzip.compress(content(run), mtime=0)


def content(run: Run, *, counts: bool = True) -> bytes:
    """The same before it is packed; without `counts`, those are left out."""
    if isinstance(run.measured, MeasuredColumns):
        names, setups = Places(run.measured.names.configurations), Places(run.measured.setups)
        series = [_form_of(column) for column in run.measured.columns]
    else:
        names, setups = Places[ConfigurationId](), Places[Setup]()
        series = _series_forms(run.measured, names, setups)
    counted = _counts_form(run.counted, names, setups) if counts else CountsForm()
    choices = [choice_form(one, run.measured, names) for one in run.chosen]
    facts, of_setups = setup_forms(setups.items)
    for form in series:
        if form.places == list(range(len(names.items))):
            form.places = None
    return msgspec.json.encode(
        RunForm(
            version=1,
            sha256=run.sha256,
            figures_sha256=run.figures_sha256,
            source=PurePath(run.source).name,  # its folder is of one machine
            at_s=run.at_s,
            night=run.night,
            commit=run.commit,
            branch=run.branch,
            release=run.release,
            configspec=run.configspec,
            left_out=run.left_out,
            configurations=names_form(names.items),
            facts=facts,
            setups=of_setups,
            series=series,
            counts=raw(counted),
            choices=raw(choices),
        )
    )


def read_compact(path: Path, *, source: str | None = None) -> Run:
    """The run in a compact run file, packed or not.

    Raises:
        RecordError: It cannot be read, is damaged, or of another version.
    """
    try:
        run = unpacked(_unzipped(read_bounded(path, at_most_bytes=CONTENT_BYTES)), source or str(path))
        len(run.counted)  # read now, while the error can name the file
    except OSError as problem:
        raise RecordError(f"{path}: cannot be read: {problem.strerror}.") from problem
    except (ValueError, OverflowError, RecursionError) as problem:  # msgspec's errors are ValueErrors
        raise RecordError(f"{path}: no compact run file that can be read: {problem}. {MAKE}.") from problem
    return run


def unpacked(text: bytes, source: str) -> Run:
    """The run of a file's content, counts and values when they are asked for. ValueError where it is none."""
    version = msgspec.json.decode(text, type=_Version).version
    if version != VERSION:
        raise ValueError(f"it is of version {version!s:.20}, and this configspec reads version {VERSION}")
    form = msgspec.json.decode(text, type=RunForm)
    names, setups = names_of(bytes(form.configurations)), setups_of(bytes(form.facts), bytes(form.setups))
    when = When(at_s=form.at_s or 0.0, night=form.night, commit=form.commit)
    measured = MeasuredColumns(names, [_column(one, names, setups) for one in form.series], setups, when)
    return Run(
        source=source,
        sha256=form.sha256,
        at_s=form.at_s,
        night=form.night,
        measured=measured,
        counted=CountedColumns(names, setups, lambda: _counts(bytes(form.counts), names, setups)),
        chosen=choices_of(bytes(form.choices), measured),
        commit=form.commit,
        branch=form.branch,
        release=form.release,
        configspec=form.configspec,
        left_out=form.left_out,
        figures_sha256=form.figures_sha256,
    )


class _Version(msgspec.Struct, rename={"version": KEY}):
    version: object = None


def _unzipped(content: bytes) -> bytes:
    if not content.startswith(GZIP):
        return content
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # of gzip
    try:
        found = unpacking.decompress(content, CONTENT_BYTES)
    except zlib.error as problem:
        raise ValueError(f"what gzip packed in it is damaged ({problem})") from problem
    if not unpacking.eof:
        raise ValueError("what gzip packed in it is cut short")
    return found


def _form_of(column: Column) -> SeriesForm:
    metric = column.metric
    return SeriesForm(
        name=metric.name,
        unit=metric.unit,
        better=metric.better,
        floor=metric.floor,
        places=list(column.places),
        values=list(column.values),
        setups=list(column.setups),
        disturbed=dict(column.disturbed),
        changed_since_s=dict(column.changed_since_s),
    )


def _series_forms(
    measured: Mapping[SeriesKey, Measured], names: Places[ConfigurationId], setups: Places[Setup]
) -> list[SeriesForm]:
    forms: dict[Metric, SeriesForm] = {}
    places: dict[Metric, list[int]] = {}
    for one in measured.values():
        key, metric = one.series, one.series.metric
        form = forms.get(metric)
        if form is None:
            form = forms[metric] = SeriesForm(
                metric.name, metric.unit, metric.better, metric.floor, places.setdefault(metric, []), [], []
            )
        place = names.of(key.configuration)
        places[metric].append(place)
        form.values.append(one.value)
        form.setups.append(setups.of(one.setup))
        if one.disturbed:
            form.disturbed[place] = one.disturbed
        if one.changed_since_s is not None:
            form.changed_since_s[place] = one.changed_since_s
    return list(forms.values())


def _column(form: SeriesForm, names: Names, setups: Sequence[Setup]) -> Column:
    count = len(names.configurations)
    places: Sequence[int] = range(count) if form.places is None else form.places
    twice = form.places is not None and len(set(form.places)) < len(form.places)
    if twice or not len(places) == len(form.values) == len(form.setups):
        raise ValueError(f"its series {form.name:.20} has not one value and one setup of each configuration")
    for some in (form.places or (), form.disturbed, form.changed_since_s):
        check_places(some, count)
    check_places(form.setups, len(setups))
    check_figures(form.values)
    return Column(
        metric=Metric(name=form.name, unit=form.unit, better=form.better, floor=form.floor),
        places=places if isinstance(places, range) else array("I", places),
        values=array("d", form.values),
        setups=array("I", form.setups),
        disturbed=form.disturbed,
        changed_since_s=form.changed_since_s,
    )


def _counts_form(
    counted: Mapping[ConfigurationId, Counted], names: Places[ConfigurationId], setups: Places[Setup]
) -> CountsForm:
    form = CountsForm()
    for key, one in counted.items():
        rounds = tuple(prompt.emitted - prompt.accepted for prompt in one.prompts)
        if any(prompt.drafted != key.k * of for prompt, of in zip(one.prompts, rounds, strict=True)):
            raise ValueError(f"{key}: counts of rounds of K have K tokens drafted in each, and one more emitted")
        form.places.append(names.of(key))
        form.setups.append(setups.of(one.setup))
        form.rounds.append(rounds)
        form.accepted.append(tuple(prompt.accepted for prompt in one.prompts))
    return form


def _counts(text: bytes, names: Names, setups: Sequence[Setup]) -> list[Counts]:
    form = msgspec.json.decode(text, type=CountsForm)
    check_places(form.places, len(names.configurations))
    check_places(form.setups, len(setups))
    every = zip(form.places, form.setups, form.rounds, form.accepted, strict=True)
    if any(len(rounds) != len(accepted) for rounds, accepted in zip(form.rounds, form.accepted, strict=True)):
        raise ValueError("its counts have not rounds and accepted tokens of each prompt")
    return [
        Counts(place=place, setup=setup, rounds=rounds, accepted=accepted) for place, setup, rounds, accepted in every
    ]
