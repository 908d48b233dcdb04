"""The values and counts of a run, in columns: a run of 500 rows has 2,500 values, and a thousand runs are in memory.

    names      the configurations of a run, one after another: their numbers are places
    column     what one metric has: at which places there is a value, which, and with which setup

`MeasuredColumns` and `CountedColumns` are mappings as `Run` has them; what they hold is made when it is asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, ValuesView
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from configspec.regression.acceptance import Counted, PromptCounts
from configspec.regression.metrics import ACCEPTANCE, Metric
from configspec.regression.series import Disturbance, Measured, SeriesKey, Setup
from configspec.theory.ids import ConfigurationId

DIGITS = 7


class Names:
    """The configurations of a run, shared by all runs that have the same."""

    def __init__(self, configurations: Sequence[ConfigurationId]) -> None:
        """Keep them in this order; none is there twice."""
        self.configurations = tuple(configurations)
        self._series: dict[Metric, tuple[SeriesKey, ...]] = {}

    def are_those_of(self, other: Names) -> bool:
        """Whether both have the same, in the same order."""
        return self is other or self.configurations == other.configurations

    @cached_property
    def place(self) -> Mapping[ConfigurationId, int]:
        """The place of each."""
        return {one: place for place, one in enumerate(self.configurations)}

    def series(self, metric: Metric) -> tuple[SeriesKey, ...]:
        """The series of each by one metric."""
        found = self._series.get(metric)
        if found is None:
            found = tuple(SeriesKey(configuration=one, metric=metric) for one in self.configurations)
            self._series[metric] = found
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a run found by one metric; `places`, `values` and `setups` have one entry a value, places rising.

    `setups` are numbers of the run's setups. `disturbed` is by place, and so is `changed_since_s`.
    """

    metric: Metric
    places: Sequence[int]
    values: array[float]
    setups: Sequence[int]
    disturbed: Mapping[int, tuple[Disturbance, ...]] = field(default_factory=dict)
    changed_since_s: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What all values of a run have in common."""

    at_s: float
    night: str
    commit: str | None


class MeasuredColumns(Mapping[SeriesKey, Measured]):
    """The values of a run by their series."""

    def __init__(self, names: Names, columns: Sequence[Column], setups: Sequence[Setup], when: When) -> None:
        """Nothing is copied."""
        self.names, self.columns, self.setups, self.when = names, tuple(columns), setups, when
        self._numbers: dict[str, dict[int, int]] = {}

    def __getitem__(self, key: SeriesKey) -> Measured:
        for column in self.columns:
            if column.metric == key.metric:
                number = self._number(column).get(self.names.place.get(key.configuration, -1))
                if number is not None:
                    return self._measured(column, number)
        raise KeyError(key)

    def __iter__(self) -> Iterator[SeriesKey]:
        for column in self.columns:
            series = self.names.series(column.metric)
            yield from (series[place] for place in column.places)

    def __len__(self) -> int:
        return sum(len(column.values) for column in self.columns)

    def values(self) -> ValuesView[Measured]:
        """Each value, which knows its series: faster than to look for one after another."""
        return _Values(self)

    def each(self) -> Iterator[Measured]:
        """The same, one after another."""
        for column in self.columns:
            for number in range(len(column.values)):
                yield self._measured(column, number)

    def figures(self) -> Iterator[float]:
        """The figure of each value, in their order, without what else is known of it."""
        return chain.from_iterable(column.values for column in self.columns)

    def at(self, number: int) -> Measured:
        """The value that has this number in their order, from 0."""
        for column in self.columns:
            if number < len(column.values):
                return self._measured(column, number)
            number -= len(column.values)
        raise IndexError(number)

    def of(self, configurations: Iterable[ConfigurationId]) -> Iterator[Measured]:
        """Those of some configurations alone, without a look at the others."""
        places = [place for one in configurations if (place := self.names.place.get(one)) is not None]
        for column in self.columns:
            numbers = self._number(column)
            for place in sorted(places):
                if place in numbers:
                    yield self._measured(column, numbers[place])

    @property
    def configurations(self) -> set[ConfigurationId]:
        """All that have a value."""
        return {self.names.configurations[place] for place in {place for one in self.columns for place in one.places}}

    def places(self, metric: Metric) -> set[int]:
        """Where the configurations with a value by one metric are among all."""
        return {place for one in self.columns if one.metric == metric for place in one.places}

    def has_series_of(self, other: MeasuredColumns) -> bool:
        """Whether both have the same series, told without a look at each of them; False: nobody knows."""
        if self is other:
            return True
        if len(self.columns) != len(other.columns) or not self.names.are_those_of(other.names):
            return False
        both = zip(self.columns, other.columns, strict=True)
        return all(one.metric == another.metric and one.places == another.places for one, another in both)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"

    def _number(self, column: Column) -> dict[int, int]:
        found = self._numbers.get(column.metric.name)
        if found is None:
            found = {place: number for number, place in enumerate(column.places)}
            self._numbers[column.metric.name] = found
        return found

    def _measured(self, column: Column, number: int) -> Measured:
        place = column.places[number]
        return Measured(
            series=self.names.series(column.metric)[place],
            value=column.values[number],
            setup=self.setups[column.setups[number]],
            at_s=self.when.at_s,
            night=self.when.night,
            commit=self.when.commit,
            disturbed=column.disturbed.get(place, ()),
            changed_since_s=column.changed_since_s.get(place),
        )


class _Values(ValuesView[Measured]):
    """Those of `MeasuredColumns`, in the order of its series."""

    _mapping: MeasuredColumns

    def __iter__(self) -> Iterator[Measured]:
        return self._mapping.each()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was counted of one configuration: rounds and accepted tokens of each prompt, in the order of the prompts."""

    place: int
    setup: int
    rounds: tuple[int, ...]
    accepted: tuple[int, ...]


class CountedColumns(Mapping[ConfigurationId, Counted]):
    """The counts of a run by configuration. `counts` gives them, and is asked when the first of them is."""

    def __init__(
        self,
        names: Names,
        setups: Sequence[Setup],
        counts: Callable[[], Sequence[Counts]],
        places: Sequence[int] | None = None,
    ) -> None:
        """Nothing is counted yet. `places` are those of the counts, in their order; without them `counts` is asked."""
        self.names, self.setups, self._give = names, setups, counts
        if places is not None:
            self.places = places

    @cached_property
    def places(self) -> Collection[int]:
        """Where the configurations that were counted are among all."""
        return self.counts.keys()

    @cached_property
    def counts(self) -> Mapping[int, Counts]:
        """By place."""
        return {one.place: one for one in self._give()}

    def has_configurations_of(self, other: CountedColumns) -> bool:
        """Whether both counted the same, told without a look at the counts; False: nobody knows."""
        return self.names.are_those_of(other.names) and list(self.places) == list(other.places)

    def __getitem__(self, key: ConfigurationId) -> Counted:
        place = self.names.place.get(key, -1)
        if place not in self.counts:
            raise KeyError(key)
        one = self.counts[place]
        prompts = enumerate(zip(one.rounds, one.accepted, strict=True), start=1)
        return Counted(
            series=self.names.series(ACCEPTANCE)[place],
            setup=self.setups[one.setup],
            prompts=tuple(
                PromptCounts(prompt=str(number), accepted=accepted, drafted=key.k * rounds, emitted=accepted + rounds)
                for number, (rounds, accepted) in prompts
            ),
        )

    def __iter__(self) -> Iterator[ConfigurationId]:
        return (self.names.configurations[place] for place in self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"


def kept(value: float, digits: int = DIGITS) -> float:
    """A value as a run keeps it.

    >>> kept(1 / 3)
    0.3333333
    """
    return float(f"{value:.{digits}g}")
