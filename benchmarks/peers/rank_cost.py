"""What it takes to rank 50,000 rows: `configspec rank` of a results file and of a journal, each in a fresh process.

The peer is the least that anybody could do with the same file: read it with Python's `json`, and take the figures of
each row as they are, without an interval and without a tie. The rows are those of `journal_cost`, with times and counts
of their own; boards, drafts and K make 50 rankings of 1,000 configurations by each objective.

    memory    the most that the process held, interpreter and libraries included (VmHWM of /proc/self/status, Linux)
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from io import StringIO
from pathlib import Path

from comparison import Line
from journal_cost import MIB, STATUS, made_rows, memory_bytes
from machine import Watch

from configspec.cli import main
from configspec.errors import TestbedError
from configspec.records.codec import from_record, to_record
from configspec.records.plain import dumps
from configspec.records.results_file import write_results
from configspec.records.row import KEY, Row
from configspec.records.shared import record_of, with_record
from configspec.theory.figures import Estimate
from configspec.theory.statistics import median_estimate
from configspec.theory.timing import tokens_per_s

ROWS = 50_000
DEVICES = 50
BOUND_S = 10.0
BOUND_MIB = 500.0
HEAD = {"datetime": "2026-01-01T00:00:00+00:00"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One process: its seconds, and the most memory that it held."""

    seconds: float
    most_bytes: int


def measure(*, repeats: int) -> list[Line]:
    """Time and memory of the two kinds of file, in turns with the peer."""
    with tempfile.TemporaryDirectory(prefix="rank-") as folder:
        results, journal = write_files(ROWS, Path(folder))
        taken = [
            tuple(_run(way, file) for way, file in (("peer", results), ("ours", results), ("ours", journal)))
            for _ in range(repeats)
        ]
    peer, of_results, of_journal = (list(costs) for costs in zip(*taken, strict=True))
    return [*lines("results file", peer, of_results), *lines("journal", peer, of_journal)]


def lines(kind: str, peer: Sequence[Cost], ours: Sequence[Cost]) -> list[Line]:
    """Seconds and memory against their bounds."""
    figures: tuple[tuple[str, str, float, Callable[[Cost], float]], ...] = (
        ("rank", "s", BOUND_S, lambda cost: cost.seconds),
        ("memory of rank", "MiB", BOUND_MIB, lambda cost: cost.most_bytes / MIB),
    )
    return [
        Line(
            name=f"{what}, {ROWS:,} rows of a {kind}",
            unit=unit,
            peer=statistics.median(map(figure, peer)),
            ours=statistics.median(map(figure, ours)),
            judged=statistics.median(map(figure, ours)),
            judged_unit=unit,
            low=min(map(figure, ours)),
            high=max(map(figure, ours)),
            n=len(ours),
            bound=bound,
            better="lower",
            notes=("peer: the results file read with json, its figures taken without intervals",),
        )
        for what, unit, bound, figure in figures
    ]


def varied_rows(count: int) -> Iterator[Mapping[str, object]]:
    """Rows of `DEVICES` boards, each with times and counts of its own; the same ones every time."""
    luck = random.Random(20261128)
    for number in range(DEVICES):
        for raw in made_rows(count // DEVICES, f"board-{number}"):
            record = record_of(raw)
            assert record is not None
            yield with_record(raw, to_record(_varied(from_record(record, "a made row"), luck)))


def write_files(count: int, folder: Path) -> tuple[Path, Path]:
    """The same rows as a results file and as a journal."""
    results, journal = folder / "results.json", folder / "journal.jsonl"
    write_results(results, HEAD, lambda: varied_rows(count))
    # Not through `Journal`, which waits for the disk after every row.
    with journal.open("w", encoding="utf-8") as file:
        file.write(dumps({"configspec_journal": 1, **HEAD}) + "\n")
        file.writelines(dumps({"row": row}) + "\n" for row in varied_rows(count))
    return results, journal


def ours(path: Path) -> None:
    """As somebody types it."""
    with redirect_stdout(StringIO()):
        assert main(["rank", str(path)]) == 0


def peer(path: Path) -> None:
    """The best goodput of each board, by points alone."""
    best: dict[str, float] = {}
    for row in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]:
        it = row["extra_info"][KEY]
        tokens = 1 + it["k"] * it["acceptance"]["rate"]["value"]
        goodput = tokens / (it["drafting"]["round_s"]["value"] + it["serving"]["verify_s"])
        best[it["device"]] = max(goodput, best.get(it["device"], 0.0))
    assert len(best) == DEVICES


WAYS: dict[str, Callable[[Path], None]] = {"ours": ours, "peer": peer}


def cost_of(way: str, path: Path) -> Cost:
    """One way in this process."""
    watch = Watch()
    WAYS[way](path)
    seconds = watch.elapsed_s()
    return Cost(seconds=seconds, most_bytes=memory_bytes(STATUS.read_text(encoding="ascii"), "VmHWM"))


def _varied(row: Row, luck: random.Random) -> Row:
    samples_s = tuple(row.k * 0.01 * luck.lognormvariate(0, 0.05) for _ in row.drafting.round_samples_s)
    by_prompt = tuple((luck.randrange(40, 96), luck.randrange(20, 40) * row.k) for _ in row.acceptance.by_prompt)
    rounds, accepted = (sum(each) for each in zip(*by_prompt, strict=True))
    drafted = rounds * row.k
    rate = accepted / drafted
    round_s = median_estimate(samples_s)
    speed = tokens_per_s(row.k, round_s)
    return replace(
        row,
        drafting=replace(row.drafting, tokens_per_s=speed, round_s=round_s, round_samples_s=samples_s),
        acceptance=replace(
            row.acceptance,
            rate=Estimate(value=rate, low=0.9 * rate, high=min(1.1 * rate, 1.0), confidence=0.95, n=len(by_prompt)),
            rounds=rounds,
            drafted=drafted,
            accepted=accepted,
            by_prompt=by_prompt,
        ),
    )


def _run(way: str, path: Path) -> Cost:
    """One way in a process of its own."""
    done = subprocess.run([sys.executable, __file__, way, str(path)], capture_output=True, text=True)
    if done.returncode:
        raise TestbedError(f"{way} of {path.name}: ended with {done.returncode}:\n{done.stderr[-1000:]}")
    return Cost(**json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(asdict(cost_of(sys.argv[1], Path(sys.argv[2])))))
