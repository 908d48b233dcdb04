"""One run, to be asked: how its configurations rank, which to choose, what objectives cost each other, as a table.

    from configspec import Results

    results = Results.read("results.json")           a results file, a journal, a stored run (0007), TAG:FILE
    for standings in results.rank("goodput", device="jetson", verify_s=0.2):
        print(standings.family, standings.best)

No device is touched, and no pytest is needed. docs/api.md says what of it stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from configspec.errors import RecordError, UsageError, did_you_mean
from configspec.histories.choosing import choose
from configspec.histories.run import Chosen, Run
from configspec.printable import printable
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.results.answers import Loss, Standings, losses_of, standings_of
from configspec.results.assumptions import Assumed
from configspec.results.doubts import Doubt, doubts_of
from configspec.results.frames import frame, library_of
from configspec.results.picks import Picks, picks_of
from configspec.results.question import Answer, Asked, Ks, Names, answer, objectives_of
from configspec.results.sources import GivenSource, RecordedSource, Source
from configspec.results.wishes import criterion_of, limits_of
from configspec.selection.choosing import decide
from configspec.theory.objectives.objective import Objective
from configspec.theory.objectives.registry import OBJECTIVES, usual

if TYPE_CHECKING:
    import pandas
    import polars


class Results:
    """What one run measured. `Results.read` makes it of a file; the fixture `results` is that of the run going on.

    `device` and `family` are names or globs, one or several. `k` is a number, a range such as "2..10", or several
    numbers. None asks for all. `assumed` takes the place of what was recorded; `Assumed` has its keywords. Whatever
    cannot be is a UsageError.
    """

    def __init__(self, source: Source) -> None:
        """`source`: what was measured; `Results.read` and `Results.of` make one."""
        self._source = source

    @classmethod
    def read(cls, source: str | Path, *, strict: bool = False) -> Results:
        """The run that a name leads to, as the commands of configspec take it.

        Args:
            source: A results file, a journal, a compact run file, a stored run such as `0007`, `TAG:FILE`, or a folder
                with one run.
            strict: Refuse a file of which anything would be left out.

        Raises:
            UsageError: It leads nowhere, or to several runs.
            RecordError: It cannot be read, or `strict` refuses it.
        """
        found = cls(RecordedSource(source))
        if strict and found.left_out:
            raise RecordError(*found.left_out)
        return found

    @classmethod
    def of(cls, run: Run) -> Results:
        """A run that was read already, with its choices; it cannot be ranked again."""
        return cls(GivenSource(run))

    @property
    def left_out(self) -> tuple[str, ...]:
        """What of the file could not be taken, a line each with the reason."""
        return self._source.left_out

    def rank(
        self,
        objective: Names | None = None,
        *,
        device: Names | None = None,
        family: Names | None = None,
        k: Ks | None = None,
        **assumed: Unpack[Assumed],
    ) -> tuple[Standings, ...]:
        """The configurations by each objective, for each device and family: `configspec rank`.

        Args:
            objective: One or several, by name; None: the usual ones.
            device: Which devices.
            family: Which families.
            k: Which lengths.
            assumed: Serving assumptions in place of those that were recorded.

        Raises:
            UsageError: A name is not there, an assumption cannot be, or nothing is left.
            RecordError: The file has changed since it was read, or contradicts itself.
        """
        found = self._answer(Asked(device=device, family=family, k=k), objectives_of(objective), assumed)
        alone = found.alone()
        return tuple(standings_of(ranking, alone) for group in found.groups for ranking in group.rankings)

    def choose(
        self,
        objective: Names | None = None,
        *,
        limits: Mapping[str, float] | None = None,
        minimax_regret: bool = False,
        weights: Mapping[str, float] | None = None,
        device: Names | None = None,
        family: Names | None = None,
        k: Ks | None = None,
        **assumed: Unpack[Assumed],
    ) -> tuple[Picks, ...]:
        """One configuration for each device and family, with what it costs by the others: `configspec choose`.

        Args:
            objective: The best by it; None: goodput. With `minimax_regret` there can be several; None: the
                usual ones that can be ranked by.
            limits: Objectives by name, each with the worst value that is good enough, in the objective's unit.
            minimax_regret: Choose what is the fewest times worse than the best by the objective in which it is worst.
            weights: Choose the best weighted geometric mean of these objectives.
            device: Which devices.
            family: Which families.
            k: Which lengths.
            assumed: Serving assumptions in place of those that were recorded.

        Raises:
            UsageError: As for `rank`; or what to choose by contradicts itself.
            RecordError: As for `rank`.
        """
        criterion = criterion_of(objective, weights, minimax_regret=minimax_regret)
        kept = limits_of(limits or {})
        found = self._answer(Asked(device=device, family=family, k=k), objectives_of(None), assumed)
        return tuple(picks_of(decide(group, criterion(group), kept)) for group in found.groups)

    def conflicts(
        self,
        objective: Names | None = None,
        *,
        device: Names | None = None,
        family: Names | None = None,
        k: Ks | None = None,
        **assumed: Unpack[Assumed],
    ) -> tuple[Loss, ...]:
        """What the best by each objective loses by each other one: `configspec conflicts`.

        Args:
            objective: Two or more, by name; None: the usual ones.
            device: Which devices.
            family: Which families.
            k: Which lengths.
            assumed: Serving assumptions in place of those that were recorded.

        Raises:
            UsageError: As for `rank`.
            RecordError: As for `rank`.
        """
        found = self._answer(Asked(device=device, family=family, k=k), objectives_of(objective), assumed)
        return tuple(loss for group in found.groups for loss in losses_of(group))

    @overload
    def to_dataframe(
        self,
        library: Literal["pandas"],
        *,
        device: Names | None = None,
        family: Names | None = None,
        k: Ks | None = None,
        **assumed: Unpack[Assumed],
    ) -> pandas.DataFrame: ...

    @overload
    def to_dataframe(
        self,
        library: Literal["polars"],
        *,
        device: Names | None = None,
        family: Names | None = None,
        k: Ks | None = None,
        **assumed: Unpack[Assumed],
    ) -> polars.DataFrame: ...

    @overload
    def to_dataframe(
        self,
        library: None = None,
        *,
        device: Names | None = None,
        family: Names | None = None,
        k: Ks | None = None,
        **assumed: Unpack[Assumed],
    ) -> Any: ...

    def to_dataframe(
        self,
        library: Literal["pandas", "polars"] | None = None,
        *,
        device: Names | None = None,
        family: Names | None = None,
        k: Ks | None = None,
        **assumed: Unpack[Assumed],
    ) -> Any:
        """A row a configuration: its names, its figures, and its value by each objective with the interval.

        The unit of a column is in its name. What was not measured is missing (null, NaN), never zero. docs/api.md has
        the columns.

        Args:
            library: pandas or polars; None: whichever is installed, pandas before polars.
            device: Which devices.
            family: Which families.
            k: Which lengths.
            assumed: Serving assumptions in place of those that were recorded.

        Raises:
            UsageError: As for `rank`; or the library is not installed, with the command that installs it.
            RecordError: As for `rank`.
        """
        made_by = library_of(library)
        asked = Asked(device=device, family=family, k=k)
        return frame(made_by, self._answer(asked, OBJECTIVES, assumed).groups, OBJECTIVES)

    def doubts(self, *, device: Names | None = None, family: Names | None = None) -> tuple[Doubt, ...]:
        """What is hardly plausible of the figures, where `--strict` of a command ends with 1; none: nothing is.

        Args:
            device: Which devices.
            family: Which families.

        Raises:
            UsageError: A name is not there.
            RecordError: As for `rank`.
        """
        asked = Asked(device=device, family=family, k=None)
        return doubts_of(asked.of(self._source.rows(asked.one_device, asked.one_family)))

    def run(self, device: str | None = None, family: str | None = None) -> Run:
        """All that was measured, of this device and family at least, as histories keep it."""
        return self._source.run(device, family)

    def choice(self, device: str, family: str, objective: str) -> Chosen:
        """What the run would choose: the best, all that cannot be told from it, and the value of each configuration.

        Under the assumptions that were recorded; `rank` takes others.

        Raises:
            UsageError: Nothing of that name was measured, or it cannot be ranked by that objective.
        """
        found = self.run(device, family).chosen
        _known("device", device, [one.device for one in found])
        of_device = [one for one in found if one.device == device]
        _known("family", family, [one.family for one in of_device])
        of_both = [one for one in of_device if one.family == family]
        of_both += self._chosen_by(device, family, objective)
        _known("objective that could be ranked by", objective, [one.objective for one in of_both])
        return next(one for one in of_both if one.objective == objective)

    def _chosen_by(self, device: str, family: str, objective: str) -> list[Chosen]:
        """A run is chosen from by the usual objectives; by another one, its rows are ranked."""
        asked = [one for one in OBJECTIVES if one.name == objective and one not in usual()]
        if not asked:
            return []
        found = choose(rows_to_rank(self._source.rows(device, family)), asked)
        return [one for one in found if (one.device, one.family) == (device, family)]

    def _answer(self, asked: Asked, objectives: Sequence[Objective], assumed: Assumed) -> Answer:
        return answer(self._source.rows(asked.one_device, asked.one_family), asked, objectives, assumed)


def _known(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        shown = printable(repr(name), at_most=80)
        raise UsageError(f"no {what} {shown} in these results. {did_you_mean(name, dict.fromkeys(known))}")
