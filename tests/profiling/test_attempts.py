"""What is tried once more after a lost link, and what the rows say of it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from example_rows import measured_row

from configspec.devices.faults import DeviceUnhealthy, LinkLost
from configspec.errors import ConfigspecError
from configspec.profiling.attempts import attempted, retried, retried_rows
from configspec.theory.flags import flag


class LostDevice:
    """A device that was lost, and returns so often; attempts to open it fail first, for these reasons each time."""

    def __init__(self, *, returns: int, opening: Iterable[str] = ()) -> None:
        self.returns = returns
        self.opening = list(opening)

    def may_return(self, name: str) -> bool:
        self.returns -= 1
        return self.returns >= 0

    def failures(self, name: str) -> list[str]:
        failures, self.opening = self.opening, []
        return failures


class Measuring:
    """A measurement that meets these problems, one an attempt, and then succeeds."""

    def __init__(self, *problems: ConfigspecError) -> None:
        self.problems = list(problems)
        self.attempts = 0

    def __call__(self) -> str:
        self.attempts += 1
        if self.problems:
            raise self.problems.pop(0)
        return "rows"


def test_what_succeeds_at_once_is_tried_once():
    """And no attempt has failed."""
    measure = Measuring()
    assert attempted(LostDevice(returns=1), "orin", measure) == ("rows", [])
    assert measure.attempts == 1


def test_a_lost_link_is_tried_once_more():
    """Why the device could not be opened stands before why the link was lost: that came first."""
    measure = Measuring(LinkLost("orin: the link was lost."))
    found = attempted(LostDevice(returns=1, opening=["orin: offline."]), "orin", measure)
    assert found == ("rows", ["orin: offline.", "orin: the link was lost."])
    assert measure.attempts == 2


def test_a_link_that_is_lost_twice_is_an_error():
    """The second one is raised, and there is no third attempt."""
    measure = Measuring(LinkLost("first"), LinkLost("second"))
    with pytest.raises(LinkLost, match="second"):
        attempted(LostDevice(returns=9), "orin", measure)
    assert measure.attempts == 2


@pytest.mark.parametrize(("problem", "returns"), [(LinkLost("lost"), 0), (DeviceUnhealthy("too hot"), 1)])
def test_what_another_attempt_would_not_mend_is_raised_at_once(problem, returns):
    """A device that gets no more work, and whatever is no lost link."""
    measure = Measuring(problem)
    with pytest.raises(type(problem)):
        attempted(LostDevice(returns=returns), "orin", measure)
    assert measure.attempts == 1


def test_a_row_that_took_two_attempts_says_why_the_first_failed():
    """In its fields, and as a warning of its configuration; a third is counted on, and the first cause stays."""
    row = measured_row(4)
    assert (row.attempts, row.first_cause) == (1, None)
    again = retried(row, ["orin: the link was lost."])
    assert (again.attempts, again.first_cause) == (2, "orin: the link was lost.")
    assert again.flags[-1] == flag("retried", attempts=2, cause="orin: the link was lost.")
    third = retried(again, ["orin: offline."])
    assert (third.attempts, third.first_cause) == (3, "orin: the link was lost.")


def test_rows_of_a_first_attempt_stay_as_they_are():
    """Nothing is said of them."""
    rows = {4: measured_row(4)}
    assert retried_rows(rows, []) is rows
