"""The command line: exit codes, messages, output; run in this process."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from example_rows import raw_row, replayed_row
from made_up_objective import Silence

from configspec.cli import main, parser
from configspec.records.profile_file import read_profile
from configspec.theory.objectives.registry import OBJECTIVES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The paper's profile as a results file."""
    profile = read_profile(ROOT / "fixtures" / "profiles" / "configspec-paper.json")
    rows = [
        raw_row(replayed_row(one, profile.serving[one.family]))
        for device in profile.devices
        for one in profile.configurations(device, as_name=device)
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"benchmarks": rows}), encoding="utf-8")
    return path


def test_rank_prints_json_that_is_whole(results, capsys):
    """Table 2, Orin, Llama: goodput 7.65 at K=8."""
    assert main(["rank", str(results), "--format", "json", "--k", "2..10", "--device", "jetson"]) == 0
    document = json.loads(capsys.readouterr().out)
    (ranking,) = [
        one for one in document["rankings"] if (one["family"], one["objective"]) == ("llama-3.1-70b", "goodput")
    ]
    best = ranking["choices"][0]
    assert (best["draft"], best["quant"], best["k"]) == ("1b-inst", "Q4_K_M", 8)
    assert best["value"] == pytest.approx(7.65, abs=0.005)
    assert best["provenance"] == "derived"


def test_rank_takes_the_assumptions_of_its_options(results, capsys):
    """Other latency, price and billing are in the output, and change the values."""
    flags = ["--verify-s", "0.1", "--usd-per-million", "2", "--bills", "drafted+1", "--energy", "drafting+waiting"]
    flags += ["--format", "json"]
    assert main(["rank", str(results), *flags, "--objective", "cost", "--top", "1"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["serving"] == {
        "verify_s": 0.1,
        "usd_per_million_tokens": 2.0,
        "bills": "drafted+1",
        "energy_boundary": "drafting+waiting",
    }
    assert {one["objective"] for one in document["rankings"]} == {"cost"}
    assert all(len(one["choices"]) == 1 for one in document["rankings"])


def test_rank_keeps_the_order_in_which_objectives_are_named(results, capsys):
    """Each once, though it is named twice."""
    named = [word for name in ("energy", "goodput", "energy") for word in ("--objective", name)]
    assert main(["rank", str(results), "--device", "rpi5", "--family", "llama*", "--format", "json", *named]) == 0
    assert [one["objective"] for one in json.loads(capsys.readouterr().out)["rankings"]] == ["energy", "goodput"]


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_rank_prints_for_people(results, capsys, form):
    """Both forms hold the winner and the assumptions."""
    assert main(["rank", str(results), "--format", form, "--family", "llama*"]) == 0
    text = capsys.readouterr().out
    assert "1b-inst" in text
    assert "0.5 s per round" in text
    assert "qwen3" not in text


def test_rank_takes_every_objective_there_is(results, capsys):
    """One more is in the help, can be chosen, and is ranked."""
    objectives = [*OBJECTIVES, Silence()]
    with pytest.raises(SystemExit):
        main(["rank", "--help"], objectives)
    told = " ".join(capsys.readouterr().out.split())
    assert f"{', '.join(one.name for one in objectives)}; repeatable; default: goodput, cost, energy, silence" in told
    assert main(["rank", str(results), "--objective", "silence", "--format", "json"], objectives) == 0
    assert {one["objective"] for one in json.loads(capsys.readouterr().out)["rankings"]} == {"silence"}
    assert main(["rank", str(results)], objectives) == 0
    assert "waiting for the verifier, s/token (lower is better)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--k", "0"], ["--k", "0"]),
        (["--k", "40"], ["--k names K 40, and no row that is asked for has it. They have K 2, 5, 6, 7, 8, 10."]),
        (["--k", "2..8,40"], ["--k names K 40"]),
        (["--k", "40..50"], ["no configuration is left", "It holds K 2, 5, 6, 7, 8, 10."]),
        (["--device", "rpi6"], ["rpi6", "rpi5"]),
        (["--family", "lama"], ["lama", "llama-3.1-70b"]),
        (["--objective", "goodputs"], ["'goodputs'", "Did you mean 'goodput'?"]),
        (["--verify-s", "-1"], ["--verify-s"]),
        (["--verify-s", "nan"], ["--verify-s"]),
        (["--usd-per-million", "0"], ["--usd-per-million"]),
        (["--top", "0"], ["--top"]),
    ],
)
def test_a_question_that_cannot_be_answered_ends_with_2(results, capsys, flags, words):
    """One message on stderr, nothing on stdout."""
    assert main(["rank", str(results), *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert all(word in err for word in words)


def test_a_results_file_that_is_not_one_ends_with_2(tmp_path, capsys):
    """The file is named."""
    assert main(["rank", str(tmp_path / "none.json")]) == 2
    assert "none.json: no such file" in capsys.readouterr().err


def test_an_unknown_command_ends_with_2():
    """Argparse's own exit code is ours too."""
    with pytest.raises(SystemExit) as end:
        main(["ranke"])
    assert end.value.code == 2


def test_models_build_tells_a_missing_inventory(tmp_path, monkeypatch, capsys):
    """In a folder without devices.yaml: its name, exit 2."""
    monkeypatch.chdir(tmp_path)
    assert main(["models", "build"]) == 2
    assert "devices.yaml" in capsys.readouterr().err


def test_schema_prints_the_published_schema(capsys):
    """`configspec schema > docs/devices.schema.json` is how it is made."""
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "devices.schema.json").read_text(encoding="utf-8")


def commands(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every command, and every part of one."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield child
                yield from commands(child)


@pytest.mark.parametrize("command", list(commands(parser())), ids=lambda command: command.prog)
def test_every_command_introduces_itself(command: argparse.ArgumentParser) -> None:
    """What it does, an example, and what its exit codes mean; each option says what it is for."""
    assert command.description
    assert "example:\n" in (command.epilog or "")
    assert "exit codes:\n" in (command.epilog or "")
    unexplained = [action for action in command._actions if not action.help]
    assert all(isinstance(action, argparse._SubParsersAction) for action in unexplained)


@pytest.mark.parametrize("command", list(commands(parser())), ids=lambda command: command.prog)
def test_the_examples_of_the_help_are_commands(command: argparse.ArgumentParser) -> None:
    """Each line of them is taken by the parser, and is of the command that it stands under."""
    _, _, rest = (command.epilog or "").partition("example:\n")
    examples = rest.partition("\n\n")[0].splitlines()
    assert examples
    for example in examples:
        words = shlex.split(example.partition(">")[0])
        assert words[: len(command.prog.split())] == command.prog.split()
        assert parser().parse_args(words[1:]).run
