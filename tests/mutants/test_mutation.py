"""What is put wrong into a module: known sources have known mutants, and each mutant is a module of its own."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from configspec.agent.power.registry import METERS

from .changes import Kind
from .findings import Finding, as_json, as_text
from .mutation import Mutant, mutants_of
from .trial import ROOT, Subject, subjects

SUBJECTS = subjects([kind.name for kind in METERS])
HEAD = '"""Of 1 meter: in1_input / 1e3, https://example.org."""\n'


def changed(line: str, kind: Kind | None = None) -> set[str]:
    """What becomes of a line below a docstring; `kind`: of that kind alone."""
    mutants = [one for one in mutants_of(f"{HEAD}{line}\n") if kind in (None, one.kind)]
    assert all(one.source.startswith(HEAD) and one.line == 2 for one in mutants)
    return {one.source[len(HEAD) :].strip() for one in mutants}


def test_a_factor_becomes_larger_smaller_another_operation_and_nothing():
    """The unit is what a figure is multiplied or divided by."""
    assert changed("watts = shown / 1e3") == {
        "watts = shown / (1e3 * 10)",
        "watts = shown / (1e3 * 1000)",
        "watts = shown / (1e3 / 1000)",
        "watts = (shown * 1e3)",
        "watts = (1e3 / shown)",
        "watts = (shown)",
    }


def test_brackets_around_a_side_are_kept():
    """They are in no node's text, and a mutant without them would be wrong in another way."""
    assert "t = ((a + b) * 2)" in changed("t = (a + b) / 2")
    assert "t = (2 / (a + b))" in changed("t = (a + b) / 2")
    assert "t = (a not in (b or c))" in changed("t = a in (b or c)")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("UNITS = {'mW': 1e-3}", Kind.FACTOR),
        ("MODEL = Model('UM25C', 1e-3)", Kind.FACTOR),
        ("STEP_A = 1e-3\nx = STEP_A / y", Kind.FACTOR),
        ("f = MeterFacts(step=1e-3)", Kind.FACTOR),
        ("PERIOD_S = 1e-3", Kind.OTHER),
        ("LOW_V, HIGH_V = 1e-3, y", Kind.OTHER),
    ],
)
def test_a_number_is_a_unit_by_where_it_stands(line: str, kind: Kind):
    """In tables, steps and products it is one; a period or a limit is none."""
    found = [one for one in mutants_of(line) if one.before == "1e-3"]
    assert {one.kind for one in found} == {kind}
    assert "(1e-3 * 10)" in {one.after for one in found}


def test_the_size_of_a_difference_has_no_sign():
    """Its sides are exchanged only where that changes something."""
    assert "x = (b - a)" in changed("x = a - b")
    assert changed("x = abs(a - b)") == {"x = (a - b)", "x = abs((a + b))"}


def test_an_index_is_the_next_one():
    """Another place is another figure."""
    assert changed("x = words[2]") == {"x = words[(2 + 1)]"}
    assert "for n in (0, (1 + 1)): pass" in changed("for n in (0, 1): pass")


def test_a_file_is_exchanged_for_the_one_beside_it():
    """Voltage for current, by the names that the module has and by words that belong together."""
    mutants = mutants_of('volts = folder / f"in{n}_input"\namps = folder / f"shunt{n}_input"\n')
    assert {(one.line, one.before, one.after) for one in mutants} == {
        (1, 'f"in{n}_input"', 'f"shunt{n}_input"'),
        (1, 'f"in{n}_input"', 'f"curr{n}_input"'),
        (1, 'f"in{n}_input"', 'f"in{n}_input_"'),
        (2, 'f"shunt{n}_input"', 'f"in{n}_input"'),
        (2, 'f"shunt{n}_input"', 'f"shunt{n}_input_"'),
    }
    assert {one.kind for one in mutants} == {Kind.RAIL}


def test_keys_of_a_table_are_exchanged():
    """Each rail has the other one's meaning."""
    assert 'T = {"B": "module", "A": "board"}' in changed('T = {"A": "module", "B": "board"}', Kind.RAIL)
    assert changed("T = {one: 5, other: 5}") == {"T = {one: (5 + 1), other: 5}", "T = {one: 5, other: (5 + 1)}"}


def test_words_of_a_pattern_are_exchanged_where_it_has_both():
    """The amperes of a line are taken for its volts."""
    line = 'LINE = re.compile(r"(?P<amps>\\d+)A (?P<volts>\\d+)V (?P<power>\\d+)")'
    assert changed(line) == {'LINE = re.compile(r"(?P<volts>\\d+)A (?P<amps>\\d+)V (?P<power>\\d+)")'}


def test_names_that_are_given_together_are_exchanged():
    """`a, b = ...` becomes `b, a = ...`."""
    assert changed("voltage, current = both()") == {"current, voltage = both()"}


def test_a_channel_adds_where_it_did_not_and_the_other_way_round():
    """Where it is made, and where it is asked."""
    assert changed("c = Channel(name)", Kind.RAIL) == {"c = Channel(name, not True)"}
    assert changed("c = Channel(name, one or other)", Kind.RAIL) == {"c = Channel(name, not (one or other))"}
    assert changed("x = channel.adds", Kind.RAIL) == {"x = (not channel.adds)"}


def test_comparisons_are_turned_round_one_at_a_time():
    """Both ends of a range matter."""
    assert changed("x = LOW <= volts <= HIGH") == {"x = (LOW > volts <= HIGH)", "x = (LOW <= volts > HIGH)"}
    assert changed("x = name is not None") == {"x = (name is None)"}


def test_watts_are_taken_for_joules():
    """A counter is no power."""
    assert changed("shows = WATTS") == {"shows = JOULES"}


@pytest.mark.parametrize(
    "line",
    [
        '"""Volts / 1e3."""',
        'raise ReadingError(f"{volts / 1e3} V")',
        'problem = NoMeterError("in1_input", 3)',
        'o = Option("rails", "Which ones", "texts")',
        'PAGE = "https://docs.kernel.org/hwmon/ina3221.html"',
        'hint = "Say the volts."',
        "SHOWN_LETTERS = 60",
        "shown = text[:40]",
        'text = raw.decode("utf-8", "replace")',
        "def f(x: Literal['in']) -> Literal['curr']: ...",
        "from a import b",
        "path = folder / file",
        'TOLD = {3: "it was not found", 4: "no permission"}',
    ],
)
def test_words_for_people_stay_as_they_are(line: str):
    """Docstrings, errors, help, addresses and lengths of texts make no figure."""
    assert not mutants_of(line)


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_mutants_of_a_real_module_are_modules_that_differ(subject: Subject):
    """There are some; each can be parsed, keeps the docstring, and is neither the module nor another mutant."""
    source = (ROOT / subject.module).read_text(encoding="utf-8")
    mutants = mutants_of(source)
    assert len({source, *(one.source for one in mutants)}) == len(mutants) + 1 > 10
    assert {ast.get_docstring(ast.parse(one.source)) for one in mutants} == {ast.get_docstring(ast.parse(source))}


def test_a_letter_of_two_bytes_moves_nothing():
    """Sources hold µ, and a tree counts bytes."""
    [mutant] = [one for one in mutants_of('x = f("µOhm") or words[1]  # µ\n') if one.before == "1"]
    assert mutant.source == 'x = f("µOhm") or words[(1 + 1)]  # µ\n'


def test_a_shared_module_is_tried_with_the_meters_that_import_it():
    """And a meter with its own tests, and no tests of a meter whose name begins alike."""
    found = subjects(["battery", "ina3221", "ina3221x", "tasmota"])
    assert found["kernel_files"].kinds == ("battery", "ina3221", "ina3221x")
    assert found["json_values"].kinds == ("tasmota",)
    assert found["ina3221"].arguments[1:] == (
        "tests/agent/power/test_ina3221.py",
        "-k",
        "test_ina3221.py or [ina3221] or [ina3221/",
    )


def test_what_survived_is_told_with_its_place():
    """A line of counts, then file, line, kind, before and after."""
    noticed = Mutant(kind=Kind.RAIL, line=4, before="a", after="b", source="")
    survivor = Mutant(kind=Kind.FACTOR, line=3, before="1e3", after="(1e3 * 10)", source="")
    subject = Subject(name="made_up", module="made_up.py", kinds=("made_up",))
    finding = Finding(subject=subject, mutants=(survivor, noticed), survivors=(survivor,))
    assert as_text(finding).splitlines() == [
        "made_up: 1 of 2 were noticed (factor 0 of 1, rail 1 of 1, other 0 of 0)",
        "  made_up.py:3: factor: 1e3 -> (1e3 * 10)",
    ]
    told = as_json(finding)
    assert told["noticed"] == {"factor": 0, "rail": 1, "other": 0}
    assert told["survivors"] == [{"line": 3, "kind": "factor", "before": "1e3", "after": "(1e3 * 10)"}]


def program(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tests" / "mutants" / "run.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.real
def test_the_program_tries_a_meter_and_leaves_the_checkout_alone(tmp_path: Path):
    """Its counts are those of the module, every one is noticed, and the module is as it was."""
    module = ROOT / SUBJECTS["ina238"].module
    before, count = module.read_bytes(), len(mutants_of(module.read_text(encoding="utf-8")))
    result = program("ina238", "--strict", "--json", str(tmp_path / "found.json"))
    assert result.stdout.startswith(f"ina238: {count} of {count} were noticed ("), result.stderr
    assert result.returncode == 0
    [told] = json.loads((tmp_path / "found.json").read_text())
    assert told["survivors"] == []
    assert sum(told["noticed"].values()) == count
    assert module.read_bytes() == before


@pytest.mark.real
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ina283"], "'ina283'. Did you mean 'ina238'? There are: ina238, "),
        (["ina238", "--json", "no/such/found.json"], "there is no folder no/such"),
    ],
)
def test_a_slip_of_the_pen_is_told_before_anything_is_tried(words: list[str], said: str):
    """With what there is."""
    result = program(*words)
    assert result.returncode == 2
    assert said in result.stderr
