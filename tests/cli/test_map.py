"""`configspec map`: regimes, the picture, and what it does not take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_up_objective import Silence
from weighed import paper_results

from configspec.cli import main
from configspec.cli.map import COLUMNS, ROWS
from configspec.theory.objectives.registry import OBJECTIVES
from configspec.theory.serving.keywords import SINGLE

PI_5 = ["--device", "rpi5", "--family", "llama*"]
VERIFY, TRIP = ["--over", "verify_s=0.01..2"], ["--over", "rtt_ms=0..300"]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The paper's profile as a results file."""
    return paper_results(tmp_path / "results.json")


def asked(results: Path, capsys: pytest.CaptureFixture[str], *flags: str):
    assert main(["map", str(results), "--format", "json", *flags]) == 0
    return json.loads(capsys.readouterr().out)


def test_json_holds_borders_and_cells_that_agree(results, capsys):
    """The winner of each cell on the first row, where the round trip is 0, is that of the regime it lies in."""
    document = asked(results, capsys, *VERIFY, *TRIP, *PI_5)
    assert document["configspec"] == 1
    assert [one["name"] for one in document["axes"]] == ["verify_s", "rtt_ms"]
    (group,) = document["groups"]
    assert len(group["cells"]) == COLUMNS * ROWS
    regimes = group["lines"][0]["regimes"]
    assert [one["k"] for one in regimes] == [2, 5, 6, 8]
    for cell in group["cells"][:COLUMNS]:
        assert cell["rtt_ms"] == 0
        here = next(one for one in regimes if one["begin"] <= cell["verify_s"] <= one["end"])
        assert (cell["draft"], cell["k"]) == (here["draft"], here["k"])
        assert cell["second_times_worse"] >= 1
    present = group["lines"][0]["present"]
    assert (present["value"], present["k"]) == (0.5, 6)
    assert present["falls_to"] == pytest.approx(0.316, abs=5e-4)


def test_a_round_trip_is_as_good_as_a_longer_verification(results, capsys):
    """0 to 300 ms on top of 0.1 s have the borders of 0.1 to 0.4 s."""
    (one,) = asked(results, capsys, *TRIP, *PI_5, "--verify-s", "0.1")["groups"]
    (other,) = asked(results, capsys, "--over", "verify_s=0.1..0.4", *PI_5)["groups"]
    regimes, others = (group["lines"][0]["regimes"] for group in (one, other))
    assert [it["k"] for it in regimes] == [it["k"] for it in others] == [2, 5, 6]
    assert [0.1 + it["begin"] / 1000 for it in regimes] == pytest.approx([it["begin"] for it in others])


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_people_see_borders_and_a_picture(results, capsys, form):
    """A letter for each winner, and how far the choice of today is from its border."""
    assert main(["map", str(results), *VERIFY, *TRIP, *PI_5, "--format", form]) == 0
    text = capsys.readouterr().out.replace("\\", "").replace("`", "")
    assert (
        "at 0.500, as it is assumed, 1b-inst Q4_K_M K=6 wins, until that falls to 0.316 (0.63 times) or rises to "
        "1.15 (2.29 times)"
    ) in text
    rows = [
        word for word in text.replace("|", " ").split() if len(word) == COLUMNS and set(word.upper()) <= set("ABCD")
    ]
    assert len(rows) == ROWS


def test_one_axis_has_no_picture(results, capsys):
    """The price changes who wins by nothing: all costs rise alike."""
    assert main(["map", str(results), "--over", "usd_per_million=0.1..5", "--objective", "cost", *PI_5]) == 0
    text = capsys.readouterr().out
    assert "and on the whole axis" in text
    assert "who wins" not in text


@pytest.mark.parametrize("one", [one for one in SINGLE if one.keyword not in ("verify_s", "rtt_ms")])
def test_every_assumption_that_is_one_number_is_an_axis(results, capsys, one):
    """As far as its option goes; where the objective has no part in it, that is said."""
    begin, end = max(one.least, 1.0), min(one.most, 100.0)
    over = ["--over", f"{one.keyword}={begin:g}..{end:g}"]
    (group,) = asked(results, capsys, *over, *PI_5)["groups"]
    (line,) = group["lines"]
    assert line["moves"] == (one.keyword in ("jitter_ms", "mbps_up", "mbps_down"))
    assert main(["map", str(results), *over, *PI_5]) == 0
    assert ("goodput is the same at every " in capsys.readouterr().out) == (not line["moves"])


def test_a_price_of_energy_needs_power(results, capsys):
    """Which the paper does not print for the Pi 4B; where it is known, the best by cost changes with the price."""
    over = ["--over", "usd_per_kwh=0.001..1000", "--objective", "cost", "--family", "llama*"]
    (group,) = asked(results, capsys, *over, "--device", "rpi5")["groups"]
    assert group["lines"][0]["present"] is None
    assert len(group["lines"][0]["regimes"]) > 1
    (group,) = asked(results, capsys, *over, "--device", "rpi4b")["groups"]
    assert "power" in group["unavailable"]
    assert main(["map", str(results), *over, "--device", "rpi5"]) == 0
    assert "nothing is assumed of usd_per_kwh now" in capsys.readouterr().out


LACKED = [
    (["vocabulary=1000..200000"], ["--payload", "distributions", "--mbps-up", "5"]),
    (["context_tokens=1..4000"], ["--bills", "input+output+context", "--usd-per-million-input", "0.1"]),
    (["usd_per_million_input=0.1..5"], ["--bills", "input+output"]),
    (["context_tokens=1..4000", "usd_per_million_input=0.1..5"], ["--bills", "input+output+context"]),
    (["usd_per_kwh=0.001..1000"], ["--bills", "nothing"]),
]


@pytest.mark.parametrize(("over", "flags"), LACKED)
def test_an_axis_counts_as_given(results, capsys, over, flags):
    """What a price or a payload needs may be what the map is over: it needs no other value, and is nowhere now."""
    flags = [*flags, "--objective", "cost", *(word for one in over for word in ("--over", one)), *PI_5]
    (group,) = asked(results, capsys, *flags)["groups"]
    assert [line["present"] for line in group["lines"]] == [None] * len(over)
    for one in over:
        name, _, span = one.partition("=")
        flags += [f"--{name.replace('_', '-')}", span.partition("..")[2]]
    (there,) = asked(results, capsys, *flags)["groups"]
    for line, other in zip(group["lines"], there["lines"], strict=True):
        assert line["regimes"] == other["regimes"]
        assert other["present"] is not None


def test_an_axis_that_begins_where_nothing_can_be_is_told(results, capsys):
    """It is the axis that leads there."""
    flags = ["--bills", "input+output+context", "--usd-per-million-input", "1", "--objective", "cost", *PI_5]
    assert main(["map", str(results), "--over", "context_tokens=0..10", *flags]) == 2
    err = capsys.readouterr().err
    assert "--over leads to context_tokens=0: what is assumed bills" in err


def test_what_is_lacked_beside_the_axis_is_told(results, capsys):
    """An axis stands for itself alone."""
    flags = ["--bills", "input+output+context", "--objective", "cost", *PI_5]
    assert main(["map", str(results), "--over", "context_tokens=1..10", *flags]) == 2
    assert "needs --usd-per-million-input" in capsys.readouterr().err


def test_a_fourth_objective_can_be_mapped(results, capsys):
    """And where it is unavailable, a map that leads there is refused."""
    objectives = [*OBJECTIVES, Silence()]
    assert main(["map", str(results), *VERIFY, "--objective", "silence", *PI_5], objectives) == 0
    assert "silence along verify_s" in capsys.readouterr().out
    over = ["--over", "verify_s=0..2", "--objective", "silence"]
    assert main(["map", str(results), *over, *PI_5], objectives) == 2
    assert "--over leads to verify_s=0, where there is no silence: nothing is waited for" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("over", "words"),
    [
        (["verify_s"], ["write AXIS=A..B"]),
        (["verify_s=1"], ["write AXIS=A..B"]),
        (["verify=0..1"], ["'verify=0..1'", "Did you mean 'verify_s'?"]),
        (["mbps_upp=1..2"], ["no axis is called that", "Did you mean 'mbps_up'?"]),
        (["mbps_up=0..2"], ["mbps_up goes from 0.0001 to 1e+06"]),
        (["verify_base_s=0..2"], ["no axis is called that"]),
        (["verify_s=2..1"], ["runs backwards", "verify_s=1..2"]),
        (["verify_s=1..1"], ["one point"]),
        (["verify_s=-1..1"], ["goes from 0 to"]),
        (["verify_s=0..x"], ["'x'", "no number"]),
        (["verify_s=0..inf"], ["'inf'", "no number"]),
        (["verify_s=..1"], ["no number"]),
        (["usd_per_million=0..1"], ["usd_per_million goes from 1e-09"]),
        (["rtt_ms=0..1", "rtt_ms=0..2"], ["names rtt_ms twice"]),
        (["rtt_ms=0..1", "verify_s=0..2", "usd_per_million=1..2"], ["one or two axes"]),
    ],
)
def test_an_axis_that_cannot_be_ends_with_2(results, capsys, over, words):
    """One message on stderr, nothing on stdout."""
    flags = [word for one in over for word in ("--over", one)]
    assert main(["map", str(results), *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert all(word in err for word in words)


def test_energy_without_power_has_no_map(results, capsys):
    """Of one device it is the answer that there is none; beside others it is told."""
    assert main(["map", str(results), *VERIFY, "--objective", "energy", "--device", "rpi4b"]) == 2
    assert "nothing has a value by energy" in capsys.readouterr().err
    assert main(["map", str(results), *VERIFY, "--objective", "energy"]) == 0
    assert "  no map: energy: the paper prints no power for the Raspberry Pi 4B\n" in capsys.readouterr().out
