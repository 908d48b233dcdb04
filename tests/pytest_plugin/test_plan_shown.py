"""`--plan`: what a run would do is told, and nothing is done."""

from __future__ import annotations

from pathlib import Path

import pytest
from cached_hub import files_of, put_in_cache

pytestmark = pytest.mark.real

FAMILY = Path(__file__).parents[2] / "fixtures" / "models" / "tiny-llama"
# A board that nobody reaches: a run would find that its Python does not exist.
UNREACHABLE = f"""
devices:
  nobody: {{connection: local, python: /nowhere/python, llama_cpp: {{threads: 1, context: 256}}}}
families:
  pair: {{target: {{transformers: '{FAMILY / "target"}'}}, drafts: {{xs: '{FAMILY / "xs"}'}}, quants: [Q8_0]}}
sweep: {{k: 1..2, depth: 32}}
"""


def files(pytester: pytest.Pytester) -> set[str]:
    """But for the empty folders that pytest and pytest-benchmark make of every run."""
    return {path.name for path in Path(pytester.path).iterdir()} - {"__pycache__", ".pytest_cache", ".benchmarks"}


def plan(pytester: pytest.Pytester, *flags: str) -> str:
    """What a plan says; it has done nothing."""
    before = files(pytester)
    result = pytester.runpytest("--plan", *flags)
    assert result.ret == 0, result.stdout.str()
    assert files(pytester) == before
    return result.stdout.str()


def test_nothing_is_measured_and_no_file_is_written(testbed, pytester):
    """Neither a journal nor results, and no worker begins; what is deselected is not in it."""
    pytest.importorskip("xdist")
    told = plan(pytester, "--device", "*", "-n", "2", "--benchmark-json=r.json", "-k", "dev:fast: and K4")
    assert "2 cells with 2 configurations, of which none are also decoded for real; nothing is run now" in told
    assert "slow" not in told.split("configspec: plan", 1)[1]
    assert "test_bench.py::" not in told


def test_a_board_is_not_touched(testbed, pytester, monkeypatch):
    """Its drafts and its target's text come first; how long they take is not known."""
    pytest.importorskip("transformers")
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(testbed / ".pytest_cache" / "configspec"))
    Path("devices.yaml").write_text(UNREACHABLE, encoding="utf-8")
    told = plan(pytester, "--device", "nobody")
    assert "1 cell with 2 configurations" in told
    assert "to make" in told
    assert "at most 4 min" in told
    assert "whether the devices answer, are healthy and hold the drafts: configspec devices" in told


def test_the_bound_holds_the_time_of_a_meter_that_is_read(testbed, pytester, monkeypatch):
    """In each of two passes 120 s of warm-up and rounds, and at most 150 s of the meter; a stated figure takes none."""
    pytest.importorskip("transformers")
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(testbed / ".pytest_cache" / "configspec"))
    stated = "{meter: declared, watts: 6, boundary: wall, source: a plug}"
    board = "{connection: local, python: /nowhere/python, llama_cpp: {threads: 1, context: 256}"
    two = f"devices:\n  metered: {board}, power: auto}}\n  stated: {board}, power: {stated}}}\nfamilies:"
    Path("devices.yaml").write_text(two + UNREACHABLE.partition("families:")[2], encoding="utf-8")
    told = plan(pytester, "--device", "metered", "--device", "stated")
    assert "metered: 9 min" in told
    assert "stated: 4 min" in told


def test_a_hub_is_not_asked_and_its_cache_is_looked_up(testbed, pytester, monkeypatch):
    """A target that is cached has a text that is to make; a draft that is not is named, with what would fetch it."""
    for needed in ("huggingface_hub", "transformers"):
        pytest.importorskip(needed)
    put_in_cache(testbed / ".pytest_cache" / "hub", "me/target", files_of(FAMILY / "target"))
    monkeypatch.setenv("HF_HUB_CACHE", str(testbed / ".pytest_cache" / "hub"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(testbed / ".pytest_cache" / "configspec"))
    of_hub = UNREACHABLE.replace(f"transformers: '{FAMILY / 'target'}'", "hub: me/target")
    of_hub = of_hub.replace(f"xs: '{FAMILY / 'xs'}'", "xs: {hub: me/xs}")
    Path("devices.yaml").write_text(of_hub, encoding="utf-8")
    result = pytester.runpytest_subprocess("--plan", "--device", "nobody")
    assert result.ret == 0, result.stdout.str()
    result.stdout.fnmatch_lines(["*pair*to make*-*", "*not known: what is missing or not whole*: me/xs@main"])
    result.stdout.fnmatch_lines(["*not known: whether these branches of the hub*: me/target@main"])


def test_what_refining_may_take_at_most_is_told_apart(testbed, pytester, monkeypatch):
    """Of a board, not of one that replays; where its test is deselected, that nothing is, and why."""
    pytest.importorskip("transformers")
    monkeypatch.setenv("CONFIGSPEC_CACHE_DIR", str(testbed / ".pytest_cache" / "configspec"))
    replays = "  fast: {replay: {profile: profile.json, device: fast}}\nfamilies:"
    inventory = UNREACHABLE.replace("families:", replays).replace("depth: 32", "depth: 32, prompts: {limit: 20}")
    Path("devices.yaml").write_text(inventory, encoding="utf-8")
    flags = ["--device", "nobody", "--device", "fast", "--refine", "goodput", "--refine-budget", "2h"]
    told = plan(pytester, *flags)
    assert "refining by goodput" in told
    assert "at most 2.0 h more of nobody" in told
    assert "targets write after 4 more prompts at most, those that sweep.prompts.limit keeps out" in told
    assert "not refined: fast: recorded figures say the same again" in told
    told = plan(pytester, *flags, "-k", "test_configuration")
    assert "configspec: refining by goodput" in told
    assert "nothing is measured again" in told
    assert "not refined: nobody: the test that refines is not selected: -k, -m or another option leaves it out" in told
    assert "not refined: fast: recorded figures" in told
    assert "refining by" not in plan(pytester, *flags[:4])
    Path("devices.yaml").write_text(inventory.replace(", prompts: {limit: 20}", ""), encoding="utf-8")
    assert "no more prompts: all of the set are in use (sweep.prompts)" in plan(pytester, *flags)


def test_a_plan_of_no_device_is_a_usage_error(testbed, pytester):
    """There is nothing to plan."""
    result = pytester.runpytest("--plan")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--plan says what a run that measures would do: name its devices with --device.*"])


def test_what_a_run_would_refuse_a_plan_refuses(testbed, pytester):
    """Prompts that cannot be read, for one: once, with exit code 4."""
    path = Path("devices.yaml")
    path.write_text(UNREACHABLE.replace("depth: 32", "depth: 32, prompts: gone.jsonl"), encoding="utf-8")
    result = pytester.runpytest("--plan", "--device", "nobody")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "gone.jsonl" in result.stdout.str() + result.stderr.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
