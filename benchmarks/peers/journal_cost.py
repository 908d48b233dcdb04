"""What it costs to lose nothing: 10,000 rows through the journal, each on the disk before the next, and the merge.

Two journals of half the rows each, as of two boards, are written and merged into one results file. The peer is
pytest-benchmark's own way with the same rows: all in memory, written once at the end, read back whole. Each is a fresh
process; its memory is what it grew by, from before the first row to its peak (VmHWM of /proc/self/status, Linux).

    flat    ten times the rows take no more memory, but for the tests' names
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from comparison import Line
from machine import Watch

from configspec.errors import TestbedError
from configspec.records.acceptance import CountedAcceptance
from configspec.records.codec import to_record
from configspec.records.drafting import Drafting
from configspec.records.facts import DeviceFacts, ModelFacts
from configspec.records.journal import Journal
from configspec.records.merge import merge
from configspec.records.power import Power
from configspec.records.row import KEY, Environment, Models, Row
from configspec.records.verification import TimedPass, Verification
from configspec.theory.figures import Estimate
from configspec.theory.serving.assumptions import Serving
from configspec.theory.statistics import median_estimate
from configspec.theory.timing import tokens_per_s

ROWS = 10_000
FEWER = ROWS // 10
BOUND_S = 10.0
BOUND_MIB = 16.0
ROUNDS = 20
LENGTH = 10  # K of each draft; every row holds the samples of the longest
MIB = 1 << 20
STATUS = Path("/proc/self/status")
BOARD = DeviceFacts(
    platform="Linux-6.1-aarch64",
    machine="aarch64",
    board="a board",
    cpu_model="Cortex-A78AE",
    cores=4,
    governor="performance",
    governor_reason=None,
    load_1min=0.1,
    memory_bytes=8 << 30,
    python="3.10.12",
    llama_cpp_version="0.3.36",
    llama_cpp_system_info="NEON = 1 | " * 20,
    llama_cpp_reason=None,
)
MODEL = ModelFacts(
    architecture="llama",
    description="llama 1B Q4_K_M",
    parameters=1_000_000_000,
    weights_bytes=700_000_000,
    file_bytes=701_000_000,
    file_sha256="d1" * 32,
    vocabulary=128_256,
    vocabulary_sha256="0c" * 32,
    trained_context=8192,
    context=512,
    batch=512,
    threads=4,
    gpu_layers=0,
    load_s=0.5,
    metadata={f"general.key_{number}": "a value of a model" for number in range(20)},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One process: its seconds, the memory that it grew by, and what it left on the disk."""

    seconds: float
    grown_bytes: int
    file_bytes: int


def measure(*, repeats: int) -> list[Line]:
    """Time and memory of `ROWS` rows, and of a tenth of them."""
    with tempfile.TemporaryDirectory(prefix="rows-") as folder:
        taken = [
            tuple(_run(way, rows, Path(folder)) for way, rows in (("peer", ROWS), ("ours", ROWS), ("ours", FEWER)))
            for _ in range(repeats)
        ]
    peer, ours, fewer = (list(costs) for costs in zip(*taken, strict=True))
    return lines(peer, ours, fewer)


def lines(peer: Sequence[Cost], ours: Sequence[Cost], fewer: Sequence[Cost]) -> list[Line]:
    """The time against its bound, and what ten times the rows add to the memory against its own."""
    seconds = [cost.seconds for cost in ours]
    added_mib = [(cost.grown_bytes - less.grown_bytes) / MIB for cost, less in zip(ours, fewer, strict=True)]
    size_mib = ours[0].file_bytes / MIB
    return [
        Line(
            name=f"{ROWS:,} rows, journal and merge",
            unit="s",
            peer=statistics.median(cost.seconds for cost in peer),
            ours=statistics.median(seconds),
            judged=statistics.median(seconds),
            judged_unit="s",
            low=min(seconds),
            high=max(seconds),
            n=len(seconds),
            bound=BOUND_S,
            better="lower",
            notes=(f"{size_mib:.0f} MiB of rows; peer: pytest-benchmark's one file at the end, written and read",),
        ),
        Line(
            name=f"memory of {ROWS:,} rows",
            unit="MiB",
            peer=statistics.median(cost.grown_bytes for cost in peer) / MIB,
            ours=statistics.median(cost.grown_bytes for cost in ours) / MIB,
            judged=statistics.median(added_mib),
            judged_unit=f"MiB more than {FEWER:,}",
            low=min(added_mib),
            high=max(added_mib),
            n=len(added_mib),
            bound=BOUND_MIB,
            better="lower",
        ),
    ]


def _rate(accepted: int, drafted: int) -> Estimate:
    rate = accepted / drafted
    return Estimate(value=rate, low=0.9 * rate, high=1.1 * rate, confidence=0.95, n=24)


def made_rows(count: int, device: str) -> Iterator[dict[str, object]]:
    """Rows as large as real ones: 20 rounds, 24 prompts, all passes of a verification, the board and its models."""
    seconds = tuple(round(1.2e-3 + 1e-8 * one, 9) for one in range(ROUNDS))
    passes = tuple(round(4e-3 + 1e-6 * one, 9) for one in range(11))
    by_prompt = tuple((33 + place, 20) for place in range(24))
    rounds, accepted = (sum(each) for each in zip(*by_prompt, strict=True))
    figure = Estimate(value=0.5, low=0.4, high=0.6, confidence=0.95, n=ROUNDS)
    round_s = median_estimate(seconds)
    row = Row(
        device=device,
        family="f",
        draft="d",
        quant="Q4_K_M",
        k=1,
        provenance="measured",
        drafting=Drafting(
            tokens_per_s=tokens_per_s(1, round_s),
            round_s=round_s,
            round_samples_s=seconds,
            method="shared rounds",
            clock="the device's monotonic clock",
            timed_k=LENGTH,
            depth_tokens=128,
            rounds=ROUNDS,
            rounds_asked=ROUNDS,
            warmup_rounds=2,
            seconds_allowed=60.0,
        ),
        acceptance=CountedAcceptance(
            rate=_rate(accepted, rounds),
            rounds=rounds,
            drafted=rounds,
            accepted=accepted,
            by_prompt=by_prompt,
            prompts_sha256="ab" * 32,
            method="teacher-forced replay of the target's text",
            prompts=24,
            new_tokens=96,
        ),
        power=Power(watts=None, reason="no meter"),
        serving=Serving(),
        verification=Verification(
            clock="this host's monotonic clock",
            passes=(TimedPass(context_tokens=128, requests=1, seconds=figure, samples_s=passes),) * 3,
        ),
        environment=Environment(device=BOARD),
    )
    for number in range(count):
        draft, k = divmod(number, LENGTH)
        model = replace(MODEL, file_sha256=f"{draft:064x}")
        drafted = rounds * (k + 1)
        made = replace(
            row,
            draft=f"d{draft}",
            k=k + 1,
            drafting=replace(row.drafting, tokens_per_s=tokens_per_s(k + 1, round_s)),
            acceptance=replace(row.acceptance, drafted=drafted, rate=_rate(accepted, drafted)),
            models=Models(draft=model, target=None),
        )
        case = made.id.id
        yield {
            **{"group": f"{device}, f", "name": f"test_configuration[{case}]"},
            "fullname": f"benchmarks/test_configurations.py::test_configuration[{case}]",
            **{"params": {"configuration": made.id.as_json()}, "param": case},
            "extra_info": {KEY: to_record(made)},
            **{"options": {"timer": "device_clock"}, "stats": {"data": list(seconds), "iterations": 1}},
        }


def ours(count: int, folder: Path) -> Path:
    """Two journals, and the file that they become."""
    paths = []
    for device in ("one", "two"):
        journal = Journal(folder / f"{device}.jsonl", {"datetime": "2026-01-01T00:00:00+00:00"})
        for row in made_rows(count // 2, device):
            journal.append(row)
        journal.close()
        paths.append(journal.path)
    merged = merge(paths, folder / "merged.json")
    assert merged.rows == count
    return folder / "merged.json"


def peer(count: int, folder: Path) -> Path:
    """As pytest-benchmark writes its file, and reads it to compare."""
    from pytest_benchmark import utils

    dumps: Any = utils.safe_dumps
    rows = [row for device in ("one", "two") for row in made_rows(count // 2, device)]
    path = folder / "peer.json"
    path.write_text(dumps({"benchmarks": rows}, ensure_ascii=True, indent=4), encoding="utf-8")
    assert len(json.loads(path.read_text(encoding="utf-8"))["benchmarks"]) == count
    return path


WAYS: dict[str, Callable[[int, Path], Path]] = {"ours": ours, "peer": peer}


def memory_bytes(text: str, name: str) -> int:
    """A figure of /proc/self/status.

    >>> memory_bytes("VmHWM:     12 kB", "VmHWM")
    12288
    """
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    if found is None:
        raise TestbedError(f"{STATUS} has no {name}: the memory of a process can be told on Linux only.")
    return int(found[1]) * 1024  # the kernel's kB are 1,024 bytes


def cost_of(way: str, count: int) -> Cost:
    """One way in this process."""
    with tempfile.TemporaryDirectory(prefix=f"{way}-", dir=".") as folder:
        for _ in made_rows(2, "none"):
            pass  # imports and first objects are nobody's rows
        before_bytes = memory_bytes(STATUS.read_text(encoding="ascii"), "VmRSS")
        watch = Watch()
        out = WAYS[way](count, Path(folder))
        seconds = watch.elapsed_s()
        grown_bytes = memory_bytes(STATUS.read_text(encoding="ascii"), "VmHWM") - before_bytes
        return Cost(seconds=seconds, grown_bytes=grown_bytes, file_bytes=out.stat().st_size)


def _run(way: str, count: int, folder: Path) -> Cost:
    """One way in a process of its own."""
    line = [sys.executable, __file__, way, str(count)]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise TestbedError(f"{way}, {count} rows: ended with {done.returncode}:\n{done.stderr[-1000:]}")
    return Cost(**json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(asdict(cost_of(sys.argv[1], int(sys.argv[2])))))
