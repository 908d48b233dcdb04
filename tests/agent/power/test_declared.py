from __future__ import annotations

import pytest
from scripted_service import Scripted

from configspec.agent.power.declared import KIND
from configspec.agent.power.meter import BOUNDARIES, WATTS, Channel
from configspec.agent.protocol import AgentError

SOURCE = "data sheet, page 4"


def test_a_declared_figure_is_read_as_it_was_stated():
    """At any time, on the clock that the meter was handed."""
    around = Scripted()
    meter = KIND.find(around, {"watts": 7.5, "source": SOURCE})
    first = meter.read()
    around.clock_s += 60
    second = meter.read()
    meter.close()
    assert (first.values, second.values) == ((7.5,), (7.5,))
    assert (first.t_s, second.t_s) == (1000.0, 1060.0)


def test_where_it_comes_from_goes_with_it():
    """And what the board draws while it waits, where that is stated."""
    facts = KIND.find(Scripted(), {"watts": 7, "idle_watts": 2, "source": f" {SOURCE} "}).facts
    assert facts.sensor == {"source": SOURCE, "idle_w": 2.0}
    assert KIND.find(Scripted(), {"watts": 7, "source": SOURCE}).facts.sensor == {"source": SOURCE}
    assert (facts.meter, facts.shows, facts.step, facts.period_s) == ("declared", WATTS, 0.0, 1.0)
    assert facts.channels == (Channel("declared"),)
    assert facts.boundary in BOUNDARIES


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"watts": 0}, "power.watts"),
        ({"watts": float("inf")}, "power.watts"),
        ({"watts": float("nan")}, "power.watts"),
        ({"watts": True}, "power.watts"),
        ({}, "power.watts"),
        ({"watts": 7, "idle_watts": 7.1}, "power.idle_watts"),
        ({"watts": 7, "idle_watts": 0}, "power.idle_watts"),
        ({"watts": 7, "source": "  "}, "power.source"),
    ],
)
def test_what_cannot_be_is_a_mistake(options: dict[str, object], key: str):
    """No board draws nothing, or more while it waits, and a figure from nowhere is a guess."""
    with pytest.raises(AgentError) as caught:
        KIND.find(Scripted(), {"source": SOURCE, **options})
    assert caught.value.kind == "usage"
    assert key in caught.value.what


def test_a_small_board_may_draw_the_same_while_it_waits():
    """Equal is no mistake, nor is less than a watt."""
    assert KIND.find(Scripted(), {"watts": 0.5, "idle_watts": 0.5, "source": SOURCE}).read().values == (0.5,)


def test_the_owner_has_to_say_what_is_inside_the_figure():
    """A figure without its boundary compares to nothing; and `auto` never takes one that nobody measured."""
    assert KIND.name == "declared"
    assert KIND.asks_boundary
    assert not KIND.auto
