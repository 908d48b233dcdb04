"""What a board over SSH costs, and what two of them save: a real OpenSSH server on loopback with two boards.

drafting   tokens/s of one model over SSH (ours) against a local agent (peer), in turns, each by its own clock
start      seconds until an agent on a board speaks: over a connection that is there (ours), and over none (peer)
two        a sweep whose cells take a fixed time, on both boards: one after the other (peer), two workers (ours)
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from comparison import Line, Pair, compare, enough
from loopback import Server
from machine import Watch

from configspec.devices.device import HELLO_DEADLINE_S, Device, open_device
from configspec.devices.transport.archive import build_agent_archive
from configspec.devices.transport.client import AgentClient
from configspec.devices.transport.ssh.ssh_client import ssh_client
from configspec.devices.transport.ssh.ssh_connection import SshConnection
from configspec.devices.transport.ssh.upload import Interpreter, bootstrap, upload_agent
from configspec.errors import TestbedError
from configspec.testbed.device_spec import DeviceSpec, SshSpec
from configspec.testbed.family_spec import FamilySpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.theory.timing import prefix_durations

DRAFTING_AT_LEAST = 0.98
START_BOUND_S = 2.0
TWO_AT_MOST = 0.6
DEPTH = 128
TOKENS, REPEATS = 512, 15  # a turn of a second or two
MOST_TIMES = 3  # times as many pairs as asked for, before disturbed ones are counted as they are
TURN_S = 600.0
BOARDS = ("board-a", "board-b")
CELL_S = 10.0  # four cells: 40 s a board, of which starting everything is a small part
QUANTS = ("Q6_K", "Q8_0")
DRAFTS = 2
BENCHMARK = """
def test_configuration(hil_benchmark):
    hil_benchmark()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """The server, the folder that agents are kept in here, and where one is told how it goes."""

    server: Server
    cache: Path
    say: Callable[[str], None]


def drafting(rig: Rig, name: str, model: Path, *, pairs: int) -> Line:
    """The same model in two agents, one behind the link."""
    options = LlamaCppSpec(threads=1, context=DEPTH + TOKENS)
    here = DeviceSpec(name="local", connection="local", llama_cpp=options)
    taken: list[Pair] = []
    with open_device(here, rig.cache) as local, open_device(rig.server.device(llama_cpp=options), rig.cache) as board:
        for device in (local, board):
            device.open_model(model)
        while not enough(taken, least=pairs, most=MOST_TIMES * pairs):
            watch = Watch()
            if len(taken) % 2:
                ours, peer = _tokens_per_s(board), _tokens_per_s(local)
            else:
                peer, ours = _tokens_per_s(local), _tokens_per_s(board)
            taken.append(Pair(peer=peer, ours=ours, waited=watch.waited()))
            rig.say(f"{name}, pair {len(taken)}: {peer:.1f} and {ours:.1f} tokens/s, {taken[-1].ratio:.3f}")
    return compare(
        f"drafting over SSH, {name}",
        "tokens/s",
        taken,
        least=pairs,
        at_least=DRAFTING_AT_LEAST,
        notes=(f"1 thread, depth {DEPTH}, {TOKENS} tokens, median of {REPEATS} a turn; peer: a local agent",),
    )


def _tokens_per_s(device: Device) -> float:
    device.prefill(tuple(range(2, 2 + DEPTH)))
    timed = device.timed_rounds(TOKENS - 1, rounds=REPEATS, warmup=1, seconds=TURN_S)
    return (TOKENS - 1) / statistics.median(prefix_durations(timed.stamps_s, TOKENS - 1))


def start(rig: Rig, *, repeats: int) -> Line:
    """From nothing to the agent's first word. Both ways the archive is on the board, and its hash is checked there."""
    cold_s, warm_s = [], []
    spec, python = rig.server.device(), Interpreter(words=(sys.executable,))
    ssh, archive = SshSpec(destination=BOARDS[0], config=rig.server.config), build_agent_archive()
    with ssh_client(ssh) as client:
        for attempt in range(repeats + 1):
            watch = Watch()
            upload_agent(client, archive, python=python, device=spec.name)
            connection = SshConnection(client, bootstrap(python, "run", archive))
            try:
                AgentClient(connection, device=spec.name).greet(sha256=archive.sha256, deadline_s=HELLO_DEADLINE_S)
                if attempt:  # the first one opens the connection, and may send the archive
                    warm_s.append(watch.elapsed_s())
            finally:
                connection.close()
    for _ in range(repeats):
        watch = Watch()
        with open_device(spec, rig.cache):
            cold_s.append(watch.elapsed_s())
    return Line(
        name="start of an agent, connection open",
        unit="s",
        peer=statistics.median(cold_s),
        ours=statistics.median(warm_s),
        judged=statistics.median(warm_s),
        judged_unit="s",
        low=min(warm_s),
        high=max(warm_s),
        n=len(warm_s),
        bound=START_BOUND_S,
        better="lower",
        notes=("peer: with opening the connection, and taking the board's lock",),
    )


def two(rig: Rig, family: FamilySpec, folder: Path, *, pairs: int) -> Line:
    """Whole pytest runs; models, texts and scores are made before, by a run that is not timed."""
    write_testbed(folder, family, rig.server.config)
    _push(folder)
    _swept_s(folder, "-n2")
    taken = []
    for number in range(pairs):
        if number % 2:
            ours, peer = _swept_s(folder, "-n2"), _swept_s(folder, "-n0")
        else:
            peer, ours = _swept_s(folder, "-n0"), _swept_s(folder, "-n2")
        # Two boards and two workers want this machine's processors by themselves, so nothing tells a disturbance.
        taken.append(Pair(peer=peer, ours=ours))
        rig.say(f"two boards, pair {number + 1}: {peer:.1f} and {ours:.1f} s, {taken[-1].ratio:.3f}")
    cells = DRAFTS * len(QUANTS)
    line = compare(
        "two boards, two workers",
        "s",
        taken,
        least=pairs,
        at_least=0.0,
        notes=(f"{cells} cells of {CELL_S:g} s a board, starting pytest included; peer: one after the other",),
    )
    return replace(line, bound=TWO_AT_MOST, better="lower")


def write_testbed(folder: Path, family: FamilySpec, config: Path) -> None:
    """Both boards, two drafts in two quantisations, one K, and rounds until the time of a cell is over."""
    drafts = {draft.name: str(draft.safetensors) for draft in list(family.drafts.values())[-DRAFTS:]}
    boards = {
        name: {
            "connection": {"ssh": name, "config": str(config)},
            "python": sys.executable,
            "llama_cpp": {"threads": 1, "context": 256},
        }
        for name in BOARDS
    }
    inventory = {
        "devices": boards,
        "families": {
            family.name: {
                "target": {"transformers": str(family.target.transformers), "threads": 1},
                "drafts": drafts,
                "quants": list(QUANTS),
            }
        },
        "sweep": {
            **{"k": 64, "prompts": "prompts.jsonl", "new_tokens": 8, "depth": 32},
            **{"passes": 1, "rounds": 10**5, "warmup_rounds": 1, "seconds_per_cell": CELL_S},
        },
    }
    (folder / "devices.yaml").write_text(json.dumps(inventory), encoding="utf-8")  # YAML holds JSON
    (folder / "prompts.jsonl").write_text('{"id": "p", "prompt": "def f(x):\\n    return"}\n', encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_boards.py").write_text(BENCHMARK, encoding="utf-8")


def _push(folder: Path) -> None:
    """The boards have their drafts before anything is timed."""
    done = subprocess.run(
        [sys.executable, "-m", "configspec.cli", "models", "push", *BOARDS], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        raise TestbedError(f"`configspec models push` ended with {done.returncode}:\n{done.stderr[-2000:]}")


def _swept_s(folder: Path, workers: str) -> float:
    """Seconds of one run; its results file must hold every row."""
    out = folder / "results.json"
    out.unlink(missing_ok=True)
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--end-to-end=none", workers]
    watch = Watch()
    done = subprocess.run(
        [*line, *(f"--device={name}" for name in BOARDS), f"--benchmark-json={out}"],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )
    seconds = watch.elapsed_s()
    rows = json.loads(out.read_bytes() or b"{}").get("benchmarks", []) if out.exists() else []
    check(done.returncode, rows, done.stdout + done.stderr)
    return seconds


def check(status: int, rows: Sequence[object], said: str) -> None:
    """A run that lacks a row was not the sweep."""
    expected = len(BOARDS) * DRAFTS * len(QUANTS)
    if status or len(rows) != expected:
        raise TestbedError(f"pytest ended with {status} and {len(rows)} of {expected} rows:\n{said[-2000:]}")
