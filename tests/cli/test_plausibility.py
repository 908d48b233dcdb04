"""Warnings of plausibility reach every output, and --strict makes them the exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from example_rows import measured_row, raw_row
from weighed import paper_results, profile_results

from configspec import Results
from configspec.cli import main
from configspec.records.row import Row

PROFILES = Path(__file__).parents[2] / "fixtures" / "profiles"
CSV = PROFILES.parent / "recordings" / "importers" / "csv" / "example.csv"
QUESTIONS = [
    ("rank",),
    ("rank", "--objective", "goodput"),
    ("choose",),
    ("conflicts",),
    ("map", "--over", "verify_s=0.01..2"),
    ("explain", "--device", "rpi5", "--draft", "1b-inst", "--k", "5"),
]


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    """The paper's figures with what it prints beside them."""
    return profile_results(PROFILES / "paper-as-printed.json", tmp_path / "printed.json")


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_every_question_is_answered_with_the_warning(printed, capsys, words, form):
    """By its name; and the exit code is 1 with --strict alone, after the same output."""
    line = [words[0], str(printed), *words[1:], "--format", form]
    assert main(line) == 0
    shown = capsys.readouterr().out
    assert "energy_identity" in shown
    assert main([*line, "--strict"]) == 1
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_sound_figures_pass_strictly(tmp_path, capsys, words):
    """The paper's profile without what contradicts it: exit code 0, and an empty list in the JSON."""
    path = paper_results(tmp_path / "results.json")
    assert main([words[0], str(path), *words[1:], "--strict", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["plausibility"] == []
    assert main([words[0], str(path), *words[1:], "--strict"]) == 0
    assert "plausibility" not in capsys.readouterr().out


def test_the_warning_goes_with_its_configuration(printed, capsys):
    """Of the Pi 5 at K=5 alone, in every ranking that it is in."""
    main(["rank", str(printed), "--format", "json"])
    rankings = json.loads(capsys.readouterr().out)["rankings"]
    flagged = {
        (one["device"], choice["draft"], choice["k"])
        for one in rankings
        for choice in one["choices"]
        if "energy_identity" in [flag["code"] for flag in choice["flags"]]
    }
    assert flagged == {("rpi5", "1b-inst", 5), ("rpi5", "8b-inst", 5), ("rpi5", "0.6b", 5)}


@pytest.mark.parametrize("form", ["csv", "github-action-benchmark"])
def test_an_export_has_it_among_the_flags_and_says_it(printed, tmp_path, capsys, form):
    """A form that has no place for flags has the words on stderr at least."""
    out = tmp_path / "out"
    assert main(["export", str(printed), "--format", form, "-o", str(out)]) == 0
    files = list(out.iterdir()) if out.is_dir() else [out]
    assert "energy_identity" in "".join(one.read_text(encoding="utf-8") for one in files)
    told = capsys.readouterr().err
    assert "configspec: plausibility: rpi5: llama-3.1-70b 1b-inst Q4_K_M K=5: energy contradicts" in told
    assert "4 warnings of plausibility; --strict makes the exit code 1" in told
    assert main(["export", str(printed), "--format", form, "-o", str(out), "--strict"]) == 1


def test_a_page_has_it_with_the_question_of_trust(printed, tmp_path, capsys):
    """By its name, before the devices, and stderr says it too; sound figures have no such part."""
    out = tmp_path / "report.html"
    assert main(["report", str(printed), "-o", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert text.index("Can the figures be trusted</h2>") < text.index("(energy_identity)") < text.index("Pictures</h2>")
    assert "4 warnings of plausibility; --strict" in capsys.readouterr().err
    assert main(["report", str(printed), "-o", str(out), "--strict"]) == 1
    assert main(["report", str(paper_results(tmp_path / "sound.json")), "-o", str(out), "--strict"]) == 0
    assert "of plausibility" not in out.read_text(encoding="utf-8")


def test_a_picture_is_drawn_and_it_is_told(printed, tmp_path, capsys):
    """On stderr, since a picture has no place for it."""
    line = ["plot", "profiles", str(printed), "-o", f"{tmp_path / 'pictures'}/"]
    assert main(line) == 0
    assert "4 warnings of plausibility; --strict" in capsys.readouterr().err
    assert main([*line, "--strict"]) == 1


def test_an_import_tells_it_of_the_whole_profile(tmp_path, capsys):
    """Of figures that were there before, too: they rank together."""
    profile, there = tmp_path / "profile.json", json.loads((PROFILES / "pi5-two-sources.json").read_text("utf-8"))
    profile.write_text(json.dumps({**there, "confidence": 0.95}), encoding="utf-8")
    line = ["import", "csv", str(CSV), "--usd-per-million", "0.9", "-o"]
    assert main([*line, str(profile)]) == 0
    assert "(far_below_memory)" in capsys.readouterr().err
    assert main([*line, str(profile), "--strict"]) == 1
    capsys.readouterr()
    assert main([*line, str(tmp_path / "new.json"), "--strict"]) == 0
    assert "plausibility" not in capsys.readouterr().err


def test_python_has_it_among_the_warnings(printed):
    """Of each place, and of what is chosen."""
    results = Results.read(printed)
    (standings,) = results.rank("energy", device="rpi5", family="llama*", k=5)
    assert all("energy contradicts power and speed" in " ".join(place.warnings) for place in standings.places)
    (picks,) = results.choose("energy", device="rpi5", family="llama*", k=5)
    assert picks.best is not None
    assert "energy contradicts power and speed" in " ".join(picks.best.warnings)


def test_python_has_the_names_of_the_command(printed, capsys):
    """Each with its figures and the configurations that it is about; a device may be asked for alone."""
    results = Results.read(printed)
    main(["rank", str(printed), "--format", "json"])
    found = json.loads(capsys.readouterr().out)["plausibility"]
    assert [(one.code, one.words, dict(one.numbers)) for one in results.doubts()] == [
        (one["code"], one["words"], one["numbers"]) for one in found
    ]
    on_pi = results.doubts(device="rpi5")
    assert {(one.device, one.k) for each in on_pi for one in each.configurations} == {("rpi5", 5)}
    assert results.doubts(device="rpi4b") == ()


def test_a_gate_notes_it_and_fails_strictly(printed, tmp_path, capsys):
    """By name, in the table and the JSON."""
    base = _dated(paper_results(tmp_path / "base.json"), day=1)
    _dated(printed, day=2)
    line = ["check", str(printed), "--against", str(base)]
    assert main(line) == 0
    assert "plausibility: rpi5: llama-3.1-70b 1b-inst Q4_K_M K=5: energy contradicts" in capsys.readouterr().out
    assert main([*line, "--strict", "--format", "json"]) == 1
    assert any("energy_identity" in note for note in json.loads(capsys.readouterr().out)["notes"])


def test_a_comparison_says_whose_it_is(printed, tmp_path, capsys):
    """Each warning with its run."""
    base = _dated(paper_results(tmp_path / "base.json"), day=1)
    _dated(printed, day=2)
    assert main(["compare", str(base), str(printed)]) == 0
    assert f"plausibility: {printed}: rpi5: " in capsys.readouterr().out
    assert main(["compare", str(base), str(printed), "--strict"]) == 1


def test_a_difference_tells_it(printed, capsys):
    """On stderr, of both files."""
    assert main(["diff", str(printed), str(printed)]) == 0
    assert "energy_identity" in capsys.readouterr().err
    assert main(["diff", str(printed), str(printed), "--strict"]) == 1


def test_the_device_that_is_asked_for_counts_alone(printed, capsys):
    """A board whose figures agree passes strictly, whatever is beside it in the file."""
    assert main(["rank", str(printed), "--device", "rpi4b", "--strict"]) == 0
    assert "plausibility" not in capsys.readouterr().out


def test_the_figure_of_arxiv_2604_24785_is_caught(tmp_path, capsys):
    """0.39 tokens/s of a 1B model on a Pi 5 (Table 3), and 0.14 of a 3B; another source's 7.69 and 3.25 are not."""
    path = profile_results(PROFILES / "pi5-two-sources.json", tmp_path / "results.json")
    assert main(["rank", str(path), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["plausibility"]
    assert [(one["code"], one["device"], one["cells"][0]["draft"]) for one in found] == [
        ("far_below_memory", "rpi5-2604.24785", "1b"),
        ("far_below_memory", "rpi5-2604.24785", "3b"),
    ]
    assert found[0]["numbers"]["token"] == pytest.approx(1 / 0.39)


def test_a_table_names_the_first_ten(tmp_path, capsys):
    """And counts the rest; Markdown and JSON have all."""
    rows = [_below_idle(str(number)) for number in range(12)]
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"benchmarks": [raw_row(row) for row in rows]}), encoding="utf-8")
    main(["rank", str(path)])
    assert "12 warnings of plausibility" in (shown := capsys.readouterr().out)
    assert shown.count("(power_below_idle)") == 10
    assert "  and 2 more" in shown
    main(["rank", str(path), "--format", "markdown"])
    assert capsys.readouterr().out.count("(power_below_idle)") == 12


def test_hostile_names_are_shown_harmlessly(tmp_path, capsys):
    """An escape in a device's name stays text, wherever a warning says it."""
    row = _below_idle("\x1b[31m")
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"benchmarks": [raw_row(row)]}), encoding="utf-8")
    for form in ("table", "markdown", "json"):
        main(["rank", str(path), "--format", form])
        ended = capsys.readouterr()
        assert "power_below_idle" in ended.out
        assert "\x1b" not in ended.out + ended.err


def _dated(path: Path, *, day: int) -> Path:
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({"datetime": f"2026-11-{day:02}T22:00:00+00:00", **document}), encoding="utf-8")
    return path


def _below_idle(device: str) -> Row:
    row = measured_row(2, device=device)
    watts, idle = (replace(row.drafting.round_s, value=one, low=one, high=one) for one in (3.0, 5.0))
    return replace(row, power=replace(row.power, watts=watts, idle_w=idle, reason=None))
