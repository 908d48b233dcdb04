"""What docs/boards.md shows of devices is what the program does."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

from healthy_board import WELL

from configspec.cli.devices import as_json, as_text
from configspec.devices.gate import problems
from configspec.devices.probe import Found, PowerFound, State
from configspec.records.facts import DeviceFacts
from configspec.records.meter import MeterFacts
from configspec.testbed.device_spec import HealthSpec
from configspec.testbed.read import read_inventory

PAGE = (Path(__file__).parents[2] / "docs" / "boards.md").read_text(encoding="utf-8")
BOARD = DeviceFacts(
    platform="Linux-5.15.148-tegra-aarch64-with-glibc2.35",
    machine="aarch64",
    board="NVIDIA Jetson AGX Orin Developer Kit",
    cpu_model=None,
    cores=12,
    governor="schedutil",
    governor_reason=None,
    load_1min=0.2,
    memory_bytes=64_000_000_000,
    python="3.10.12",
    llama_cpp_version="0.3.36",
    llama_cpp_system_info="CUDA",
    llama_cpp_reason=None,
)
HEALTH = replace(
    WELL,
    temperature_c=47.5,
    governor="schedutil",
    available_memory_bytes=58_600_000_000,
    board_sha256="1c9a4d0be7f25836",
)
HOT = replace(HEALTH, temperature_c=61.0)
ALICE = {"user": "alice", "host": "ci-runner-3", "pid": "4711", "since": "2026-01-02 03:04:05 UTC"}
METER = MeterFacts(
    meter="ina3221",
    shows="watts",
    boundary="rail",
    channels=("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"),
    adds=(True, True, True),
    period_s=0.1,
    lag_s=0.43,
    step=0.5,
    range_j=None,
    supply_w=None,
)
FOUND = (
    Found(name="orin", state="ready", facts=BOARD, health=HEALTH, power=PowerFound(meter=METER)),
    Found(name="orin-2", state="busy", holder=ALICE),
    Found(
        name="orin-3",
        state="unhealthy",
        reasons=tuple(map(str, problems(HealthSpec(max_start_c=55), HOT))),
        facts=BOARD,
        health=HOT,
    ),
    Found(name="rpi5", state="offline", reasons=("no answer within 20 s",)),
    Found(
        name="rpi4",
        state="unconfigured",
        reasons=(
            "/usr/bin/python3 cannot import llama_cpp: No module named 'llama_cpp'. There: python3 -m pip install "
            "--upgrade llama-cpp-python, or from here: configspec devices setup rpi4",
        ),
        facts=BOARD,
        health=HEALTH,
    ),
    Found(
        name="rpi3",
        state="failed",
        reasons=("its lock cannot be opened: /srv/lock: it is a folder. CONFIGSPEC_LOCK_FILE names another.",),
    ),
    Found(name="paper-rpi5", state="recorded", reasons=("figures of paper.json",)),
)


def test_the_table_of_devices_is_what_is_printed():
    """Where this fails, put the text that it expects into docs/boards.md."""
    shown = re.search(r"<!-- example: devices -->\n```text\n(.*?)\n```", PAGE, re.DOTALL)
    assert shown
    assert shown[1] == as_text(FOUND)


def test_every_key_and_state_is_documented():
    """Of `configspec devices --format json`."""
    assert {one.state for one in FOUND} == set(get_args(State))
    for one in FOUND:
        assert f"`{one.state}`" in PAGE
        assert all(f"`{key}`" in PAGE for key in as_json(one))


def test_what_was_not_asked_is_null_with_a_reason():
    """And what was asked has none."""
    for one in map(as_json, FOUND):
        assert (one["device"] is None) == (one["health"] is None) == (one["not_asked"] is not None)


def test_the_example_of_health_is_read(tmp_path: Path):
    """As a testbed would have it."""
    example = next(text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "health:" in text)
    for model in ("target", "xs"):
        (tmp_path / model).mkdir()
    families = "families: {f: {target: {transformers: target}, drafts: {xs: xs}, quants: [F16]}}\n"
    (tmp_path / "devices.yaml").write_text(example + families)
    assert read_inventory(tmp_path / "devices.yaml").devices["orin"].health == HealthSpec(
        max_start_c=55,
        power_mode="MAXN",
        governor="schedutil",
        min_free_memory_bytes=4 * 2**30,
        min_free_disk_bytes=10**10,
    )
