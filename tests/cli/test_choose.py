"""`configspec choose`: what it prints, its exit codes, and what it does not take."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from example_rows import raw_row, whole_row
from made_up_objective import Silence
from run_files import slower_row, write_run
from weighed import paper_results

from configspec.cli import main
from configspec.cli.choose import limit_flags
from configspec.theory.objectives.registry import OBJECTIVES

LIMITS = ["--objective", "goodput", "--max-energy-j", "1.0", "--max-usd-per-million", "1.2", "--min-goodput", "3"]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The paper's profile as a results file."""
    return paper_results(tmp_path / "results.json")


def asked(results: Path, capsys: pytest.CaptureFixture[str], *flags: str, code: int = 0):
    assert main(["choose", str(results), "--format", "json", *flags]) == code
    return json.loads(capsys.readouterr().out)


def test_the_choice_within_limits_is_k_2_on_the_pi_5(results, capsys):
    """Of the paper with Llama, as JSON; its costs by the others are there."""
    document = asked(results, capsys, *LIMITS, "--device", "rpi5", "--family", "llama*")
    assert document["configspec"] == 1
    (decision,) = document["decisions"]
    assert decision["meeting"] == 1
    assert decision["criterion"] == {"way": "objective", "objectives": ["goodput"], "weights": None}
    (choice,) = decision["choices"]
    assert (choice["draft"], choice["quant"], choice["k"]) == ("1b-inst", "Q4_K_M", 2)
    costs = {one["objective"]: one["times_worse"] for one in choice["values"]}
    assert costs == pytest.approx({"goodput": 1.197, "cost": 1.050, "energy": 1.0}, abs=1e-3)
    limits = {one["objective"]: one for one in decision["limits"]}
    assert limits["energy"]["at_most"] == 1.0
    assert limits["cost"]["at_least"] == pytest.approx(1e6 / 1.2)


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_people_read_what_binds_and_what_it_costs(results, capsys, form):
    """In both forms."""
    flags = [*LIMITS, "--device", "rpi5", "--family", "llama*", "--format", form]
    assert main(["choose", str(results), *flags]) == 0
    text = capsys.readouterr().out.replace("\\", "")
    assert "picking 1b-inst Q4_K_M K=2 costs 1.20x in tokens/s, 1.05x in tokens/$" in text
    assert "1 of 6 configurations meet all limits" in text
    assert re.search(r"cost of at least 833,300 .* binds: without it 3 meet the rest", text)


def test_what_nothing_meets_ends_with_2_and_says_by_how_much(results, capsys):
    """The nearest, what it misses and by how much, and which limit binds; in a line of stderr too."""
    flags = ["--min-goodput", "4", "--max-usd-per-million", "1.2", "--device", "rpi5", "--family", "llama*"]
    assert main(["choose", str(results), *flags]) == 2
    text, told = capsys.readouterr()
    assert "no configuration meets all limits; loosen one that binds" in told
    assert "rpi5, llama-3.1-70b: the nearest is 1b-inst Q4_K_M K=5: it misses cost of at least 833,300" in told
    assert "no choice: none of 6 configurations meets all limits" in text
    assert "the nearest is 1b-inst Q4_K_M K=5: it misses cost of at least 833,300 tokens/$ by 1.01x" in text
    assert "goodput of at least 4.00 tokens/s: met by 3" in text
    document = asked(results, capsys, *flags, code=2)
    (decision,) = document["decisions"]
    assert decision["choices"] == []
    assert decision["nearest"]["k"] == 5
    assert [one["times"] for one in decision["nearest"]["missed"]] == pytest.approx([1.005], abs=1e-3)


def test_limits_that_one_device_meets_end_with_1_for_the_others(results, capsys):
    """Only the Orin generates 6 tokens/s: it has a choice, and the two Raspberry Pis have none."""
    document = asked(results, capsys, "--min-goodput", "6", "--family", "llama*", code=1)
    assert [len(one["choices"]) > 0 for one in document["decisions"]] == [False, False, True]


def test_of_many_devices_that_miss_a_limit_the_first_are_named(tmp_path, capsys):
    """A message of a hundred devices is none."""
    path = write_run(tmp_path / "r.json", *(slower_row(2, device=f"d{number:03}") for number in range(100)))
    assert main(["choose", path, "--min-goodput", "1e9"]) == 2
    told = capsys.readouterr().err
    assert "d004" in told
    assert "d005" not in told
    assert "and 95 more" in told


def test_a_device_without_power_has_no_choice_under_a_limit_on_energy(results, capsys):
    """The Pi 4B beside others: it says why, the others are chosen for, and the exit code is 1."""
    document = asked(results, capsys, *LIMITS, "--family", "llama*", code=1)
    found = {one["device"]: (one["unavailable"], len(one["choices"])) for one in document["decisions"]}
    assert found == {
        "rpi4b": ("energy: the paper prints no power for the Raspberry Pi 4B", 0),
        "rpi5": (None, 1),
        "jetson": (None, 1),
    }


def test_the_least_regret_takes_what_each_device_has(results, capsys):
    """No energy on the Pi 4B: it is chosen for by the other two, and all is good."""
    document = asked(results, capsys, "--minimax-regret", "--family", "llama*", "--top", "1")
    found = {one["device"]: one["criterion"]["objectives"] for one in document["decisions"]}
    assert found["rpi4b"] == ["goodput", "cost"]
    assert found["rpi5"] == ["goodput", "cost", "energy"]
    assert all(len(one["choices"]) == 1 for one in document["decisions"])


def test_weights_are_a_geometric_mean(results, capsys):
    """(4.50 / 3.76) ** (2/3) for K=2 on the Pi 5, whose energy is the least."""
    document = asked(results, capsys, "--weights", "goodput=2, energy=1", "--device", "rpi5", "--family", "llama*")
    (decision,) = document["decisions"]
    assert decision["criterion"]["weights"] == [2.0, 1.0]
    assert decision["choices"][0]["k"] == 2
    assert decision["choices"][0]["loss"] == pytest.approx((4.50 / 3.76) ** (2 / 3), abs=1e-3)


def test_one_k_for_all_is_5_and_each_device_s_loss_is_told(results, capsys):
    """1.14 times on the Orin, 1.12 on the Pi 4B, 1.02 on the Pi 5."""
    document = asked(results, capsys, "--one-for-all", "k", "--family", "llama*")
    (fleet,) = document["fleets"]
    first = fleet["choices"][0]
    assert first["shared"] == {"k": 5}
    worse = {one["device"]: one["times_worse"] for one in first["devices"]}
    assert worse == pytest.approx({"rpi4b": 1.12, "rpi5": 1.02, "jetson": 1.14}, abs=0.006)
    assert main(["choose", str(results), "--one-for-all", "draft,k", "--family", "llama*"]) == 0
    assert "llama-3.1-70b: the same draft, k for 3 devices" in capsys.readouterr().out


def test_what_cannot_be_shared_ends_with_1(tmp_path, capsys):
    """Two devices without a K in common: the nearest, and who lacks it."""
    path = write_run(tmp_path / "r.json", slower_row(2, device="a"), slower_row(4, device="b"))
    assert main(["choose", path, "--one-for-all", "k"]) == 1
    assert "no choice: the nearest is k 2, which is nothing for b" in capsys.readouterr().out


def test_measured_rows_have_probabilities(tmp_path, capsys):
    """Shares of draws, that add up to one; the table has them in percent."""
    path = write_run(tmp_path / "r.json", slower_row(2), slower_row(4, 1.6, accepted=11), slower_row(8, 3.0))
    document = asked(Path(path), capsys)
    shares = [one["chosen_in"] for one in document["decisions"][0]["choices"]]
    assert sum(shares) == pytest.approx(1.0)
    assert main(["choose", path]) == 0
    assert "chosen in" in capsys.readouterr().out


def test_the_table_shows_the_first_and_json_all(results, capsys):
    """`--top` cuts either."""
    assert len(asked(results, capsys, "--device", "jetson", "--family", "llama*")["decisions"][0]["choices"]) == 6
    some = asked(results, capsys, "--device", "jetson", "--family", "llama*", "--top", "2")
    assert [one["rank"] for one in some["decisions"][0]["choices"]] == [1, 2]


def test_a_fourth_objective_has_its_own_limit(results, capsys):
    """Its flag is made of its name, and its unit where that is no count of tokens."""
    objectives = (*OBJECTIVES, Silence())
    assert limit_flags(objectives[-1]) == ["--max-silence", "--max-silence-s"]
    flags = ["--objective", "silence", "--max-silence-s", "0.125", "--device", "jetson", "--family", "llama*"]
    assert main(["choose", str(results), "--format", "json", *flags], objectives) == 0
    (decision,) = json.loads(capsys.readouterr().out)["decisions"]
    assert [one["k"] for one in decision["choices"]] == [8, 6, 5]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--min-goodput", "0"], ["--min-goodput is 0", "above 0"]),
        (["--max-energy-j", "-1"], ["--max-energy is -1", "above 0"]),
        (["--max-energy", "nan"], ["--max-energy is 'nan'", "no number"]),
        (["--max-energy", "1e300"], ["--max-energy is 1e300"]),
        (["--max-usd-per-million", "0"], ["--max-usd-per-million is 0"]),
        (["--max-usd-per-million", "1", "--min-cost", "1"], ["the same limit"]),
        (["--objective", "goodputs"], ["'goodputs'", "Did you mean 'goodput'?"]),
        (["--objective", "goodput", "--objective", "energy"], ["--minimax-regret"]),
        (["--weights", "goodput"], ["--weights has 'goodput'", "NAME=W"]),
        (["--weights", "speed=1"], ["'speed'", "Known: goodput"]),
        (["--weights", "goodput=-1"], ["the weight of goodput is -1"]),
        (["--weights", "goodput=x"], ["no number"]),
        (["--weights", "goodput=1,goodput=2"], ["names goodput twice"]),
        (["--weights", "goodput=1", "--objective", "energy"], ["leave out --objective"]),
        (["--one-for-all", "drafts"], ["'drafts'", "Did you mean 'draft'?"]),
        (["--one-for-all", "k", "--device", "rpi5"], ["needs two devices of one family"]),
        (["--device", "rpi6"], ["rpi6", "rpi5"]),
        (["--family", "lama"], ["lama", "llama-3.1-70b"]),
        (["--k", "40"], ["--k names K 40", "They have K 2, 5"]),
        (["--k", "2,40"], ["--k names K 40", "They have K 2, 5"]),
        (["--k", "40..50"], ["--k is 40..50, and the rows that are asked for have K 2, 5"]),
        (["--verify-s", "-1"], ["--verify-s"]),
        (["--usd-per-million", "0"], ["--usd-per-million"]),
        (["--top", "0"], ["--top"]),
        (
            ["--device", "rpi4b", "--objective", "energy"],
            ["nothing has a value by energy", "no power for the Raspberry"],
        ),
        (["--device", "rpi4b", "--max-energy", "1"], ["nothing has a value by energy"]),
    ],
)
def test_a_question_that_cannot_be_answered_ends_with_2(results, capsys, flags, words):
    """One message on stderr, nothing on stdout."""
    assert main(["choose", str(results), *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert all(word in err for word in words)


def test_regret_and_weights_are_not_both_taken(results, capsys):
    """The parser says so."""
    with pytest.raises(SystemExit) as end:
        main(["choose", str(results), "--minimax-regret", "--weights", "goodput=1"])
    assert end.value.code == 2


def test_what_is_left_out_of_a_damaged_file_is_told(tmp_path, capsys):
    """On stderr for a table, in the JSON too; `--strict` refuses the file."""
    good, bad = raw_row(whole_row(2)), raw_row(whole_row(4))
    bad["extra_info"]["configspec"]["k"] = "four"  # type: ignore[index]
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"benchmarks": [good, bad]}), encoding="utf-8")
    assert main(["choose", str(path), "--format", "json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["left_out"]["count"] == 1
    assert "left out" in err
    assert main(["choose", str(path), "--strict"]) == 2


def test_names_from_a_file_move_no_terminal(tmp_path, capsys):
    """Nor a map, a front or an explanation."""
    row = raw_row(whole_row(2))
    row["extra_info"]["configspec"]["draft"] = "x\x1b[31m"  # type: ignore[index]
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"benchmarks": [row]}), encoding="utf-8")
    for words in (["choose"], ["conflicts"], ["map", "--over", "verify_s=0.1..2"], ["explain"]):
        for form in ("table", "markdown", "json"):
            main([words[0], str(path), *words[1:], "--format", form])
            out, err = capsys.readouterr()
            assert "\x1b" not in out + err
