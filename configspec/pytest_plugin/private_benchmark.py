"""What is used of pytest-benchmark although it does not promise it: in this module only.

`tests/pytest_plugin/test_private_benchmark.py` uses each against the installed release, and names it when it is gone.
What is used of pytest-xdist is in `private_xdist.py`, of pytest itself in `private_pytest.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol, TypeAlias, cast

import pytest

from configspec.pytest_plugin.private_xdist import is_worker

Untyped: TypeAlias = Any  # pytest-benchmark ships no types
# Its options that write, compare or refuse: the controller's business, and never a worker's.
OUTPUTS = ("json", "save", "autosave", "compare", "compare_fail", "histogram")
SAVING_TRIES = 20
ONLY = pytest.StashKey[bool]()


class BenchmarkFixture(Protocol):
    """pytest-benchmark's fixture `benchmark`, as far as rows are written with it."""

    name: str
    fullname: str
    group: str | None
    params: object  # a dict, or None
    disabled: bool
    stats: Untyped
    _mode: str | None

    def pedantic(self, target: Callable[[], None], *, rounds: int, iterations: int) -> None:
        """Call `target` `rounds` times, and time it."""


class ResultsWriter(Protocol):
    """What writes results files in pytest-benchmark's place."""

    def put(self, path: Path, document: Mapping[str, object], *, new: bool = False) -> bool:
        """Write one; whether it is there. FileExistsError where it was to be `new`."""

    def refuse(self, path: Path, document: Mapping[str, object], why: str) -> None:
        """Take note that one cannot be written."""


def share_the_work(config: pytest.Config) -> None:
    """Before pytest-benchmark looks: a worker writes no outputs, and `--benchmark-only` is no error under xdist."""
    config.stash[ONLY] = bool(config.option.benchmark_only)
    config.option.benchmark_skip = config.option.benchmark_skip and not config.option.benchmark_only
    config.option.benchmark_only = False
    if is_worker(config):
        for name in OUTPUTS:
            setattr(config.option, f"benchmark_{name}", None)
        config.option.loadgroup = False  # else ids get "@group" under some versions, and one row two names


def quiet_warning(config: pytest.Config, items: Iterable[pytest.Item], measuring: Iterable[pytest.Item]) -> None:
    """In a worker: restore `--benchmark-only`; warn of disabled benchmarks only where some are (those of the host)."""
    session = _session(config)
    session.only = config.stash[ONLY]
    ours = set(measuring)
    if all("benchmark" not in getattr(item, "fixturenames", ()) or item in ours for item in items):
        session.xdist_warning = False


def spare_from_only(item: pytest.Item) -> None:
    """`--benchmark-only` skips what measures nothing; this test is about what the others measure, and stays."""
    item.own_markers[:] = [
        mark
        for mark in item.own_markers
        if mark.name != "skip" or not str(mark.kwargs.get("reason")).startswith("Skipping non-benchmark")
    ]


def add_to_row(config: pytest.Config, fullname: str, key: str, value: object) -> None:
    """One more value in `extra_info` of a row that this process has written, if it has."""
    for metadata in _session(config).benchmarks:
        if metadata.fullname == fullname:
            metadata.extra_info = {**metadata.extra_info, key: value}


def has_timed(benchmark: BenchmarkFixture) -> bool:
    """Whether the fixture has timed something already; a second time is an error of pytest-benchmark's."""
    return benchmark._mode is not None


def compares_in_vain(config: pytest.Config) -> bool:
    """Whether `--benchmark-compare-fail` has no earlier run to compare with, which is an error once all is measured."""
    session = _session(config)
    return bool(session.compare_fail and not session.compared_mapping)


class TimedRow:
    """A row that pytest-benchmark has timed, its `Metadata`, as it was then."""

    def __init__(self, metadata: Untyped) -> None:
        self._metadata = metadata
        self._kept = {name: getattr(metadata, name) for name in ("name", "fullname", "group", "param", "params")}
        self._options, self._iterations = dict(metadata.options), metadata.iterations
        self.data = tuple(metadata.stats.data)

    @property
    def extra_info(self) -> object:
        """What the test has left there, whatever it is."""
        return self._metadata.fixture.extra_info

    def put_back(self, extra_info: Mapping[str, object]) -> dict[str, Untyped]:
        """Undo what a test has changed of it; returns the row as pytest-benchmark writes it into its file."""
        from pytest_benchmark.stats import Stats

        metadata, made = self._metadata, cast("Untyped", Stats)
        for name, value in self._kept.items():
            setattr(metadata, name, value)
        metadata.options, metadata.iterations, metadata.stats = dict(self._options), self._iterations, made()
        metadata.stats.data = list(self.data)
        metadata.extra_info, metadata.fixture.has_error = extra_info, False
        return row_as_json(metadata)


def is_fixture(benchmark: object) -> bool:
    """Whether this is pytest-benchmark's own."""
    from pytest_benchmark.fixture import BenchmarkFixture as Theirs

    return isinstance(benchmark, Theirs)


def is_of_pytest_benchmark(module: str) -> bool:
    """Whether a module of this name is one of pytest-benchmark's."""
    return module.partition(".")[0] == "pytest_benchmark"


def hide_another_fixture(item: pytest.Item) -> None:
    """Keep pytest-benchmark from ending the whole run at the report of a test whose `benchmark` is another's."""
    values = getattr(item, "funcargs", None) or {}
    if "benchmark" in values and not is_fixture(values["benchmark"]):
        del values["benchmark"]


def time_row(
    benchmark: BenchmarkFixture, item: pytest.Item, target: Callable[[], None], *, rounds: int
) -> TimedRow | None:
    """Time one row under the test's name, also in a worker: other workers do not disturb a device's clock."""
    benchmark.name, benchmark.fullname, benchmark.disabled = item.name, item.nodeid, False
    benchmark.group = None if benchmark.group is None else str(benchmark.group)
    type(benchmark).pedantic(benchmark, target, rounds=rounds, iterations=1)
    return None if benchmark.stats is None else TimedRow(benchmark.stats)


def results_asked(config: pytest.Config) -> list[Path]:
    """The files that pytest-benchmark is to write in this run: its JSON, and one in the folder where it saves.

    Raises:
        OSError: That folder cannot be made.
    """
    session, found = _session(config), []
    if session.json:
        found.append(Path(session.json).absolute())
    if (session.save or session.autosave) and _saves_files(session):
        folder = session.storage.get("any").parent  # makes it, and hides that it cannot
        folder.mkdir(parents=True, exist_ok=True)
        found.append(folder.absolute() / f"{session.save or session.autosave}.json")
    return found


def write_results_by(config: pytest.Config, writer: ResultsWriter) -> None:
    """Have `writer` write the files that pytest-benchmark would write in place, where a kill leaves half of one."""
    session = _session(config)
    storage, json = session.storage, session.json and Path(session.json).absolute()

    def save_json(document: Mapping[str, object]) -> None:
        if writer.put(json, document):
            session.logger.info(f"Wrote benchmark data in: {session.json}", purple=True)

    def save(document: Mapping[str, object], name: str) -> None:
        for _ in range(SAVING_TRIES):
            path = storage.get(f"{storage._next_num}_{name}.json")
            with suppress(FileExistsError):  # another run was faster
                if writer.put(path.absolute(), document, new=True):
                    storage.logger.info(f"Saved benchmark data in: {path}")
                return
        writer.refuse(path.absolute(), document, "every number of four digits is taken")

    session.save_json = save_json
    if _saves_files(session):
        storage.save = save


def _saves_files(session: Untyped) -> bool:
    return hasattr(session.storage, "path")  # else a server has them


def row_as_json(metadata: Untyped) -> dict[str, Untyped]:
    """The row as pytest-benchmark writes it into its file."""
    row: dict[str, Untyped] = metadata.as_dict(include_data=True, flat=False, stats=True)
    row["options"] = {key: getattr(value, "__name__", value) for key, value in row["options"].items()}
    return row


def run_facts(config: pytest.Config) -> dict[str, object]:
    """Machine, commit and pytest-benchmark's version, for the head of a file."""
    from importlib.metadata import version

    machine = config.hook.pytest_benchmark_generate_machine_info(config=config)
    config.hook.pytest_benchmark_update_machine_info(config=config, machine_info=machine)
    commit = config.hook.pytest_benchmark_generate_commit_info(config=config)
    config.hook.pytest_benchmark_update_commit_info(config=config, commit_info=commit)
    return {
        "machine_info": machine,
        "commit_info": commit,
        "pytest_benchmark": version("pytest-benchmark"),
    }


def commit_of(config: pytest.Config) -> str | None:
    """The commit of the project that measures, as pytest-benchmark finds it out; None where it does not know."""
    found = config.hook.pytest_benchmark_generate_commit_info(config=config)
    commit = found.get("id") if isinstance(found, Mapping) else None
    return commit if isinstance(commit, str) and 0 < len(commit) <= 1000 else None


def forget_row(benchmark: BenchmarkFixture) -> None:
    """Leave without data what the fixture has timed: such rows are not written."""
    if benchmark.stats is not None:
        benchmark.stats.stats.data = []


def tidy_rows(config: pytest.Config) -> frozenset[str]:
    """Leave out rows without data, on which the writer fails, and earlier attempts; the names of those that stay."""
    session = _session(config)
    found = {str(row.fullname): row for row in session.benchmarks if row.stats.data}
    session.benchmarks[:] = found.values()
    return frozenset(found)


def forget_rows(config: pytest.Config) -> None:
    """Drop a worker's rows: the controller has them already."""
    _session(config).benchmarks.clear()


def let_records_go(config: pytest.Config) -> None:
    """Take the records out of rows that are written and shown: what the summary reads is kept packed."""
    from configspec.records.row import KEY

    for metadata in _session(config).benchmarks:
        metadata.extra_info.pop(KEY, None)


def put_rows(config: pytest.Config, rows: Iterable[Mapping[str, Untyped]]) -> None:
    """Give pytest-benchmark rows that workers measured: it writes, compares and shows them as its own."""
    from pytest_benchmark.stats import Metadata

    session = _session(config)
    for row in rows:
        names = {key: row[key] for key in ("name", "fullname", "group", "param", "params", "extra_info")}
        made: Untyped = Metadata
        metadata = made(
            SimpleNamespace(**names, cprofile_stats=None, has_error=False),
            iterations=row["stats"]["iterations"],
            options=dict(row["options"]),
        )
        metadata.stats.data = list(row["stats"]["data"])
        session.benchmarks.append(metadata)


def _session(config: pytest.Config) -> Untyped:
    """pytest-benchmark's own state of this run."""
    return config.pluginmanager.get_plugin("pytest-benchmark")
