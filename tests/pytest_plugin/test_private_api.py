"""The canary: what configspec uses of pytest-benchmark and pytest-xdist without a promise is still there.

Where one of these fails, look in that project's changelog for the name, and mend `private_api.py`.
"""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from pytest_benchmark.session import BenchmarkSession
from pytest_benchmark.stats import Metadata, Stats

from configspec.pytest_plugin import private_api
from configspec.pytest_plugin.xdist.queues import DeviceQueues

PLAIN: dict[str, Any] = {
    "name": "n",
    "fullname": "t.py::n",
    "group": None,
    "param": None,
    "params": None,
    "extra_info": {},
}


@pytest.mark.parametrize("name", ["disabled", "stats", "extra_info", "has_error", "_mode", *PLAIN])
def test_the_fixtures_attributes(name):
    """BenchmarkFixture sets each of them."""
    assert f"self.{name} = " in inspect.getsource(BenchmarkFixture.__init__), f"BenchmarkFixture.{name} is gone"


@pytest.mark.parametrize(
    "name", ["benchmarks", "xdist_warning", "only", "json", "save", "autosave", "storage", "compare_fail"]
)
def test_the_sessions_attributes(name):
    """BenchmarkSession sets each of them."""
    assert f"self.{name} = " in inspect.getsource(BenchmarkSession.__init__), f"BenchmarkSession.{name} is gone"


def test_the_session_is_the_plugin_of_that_name(request):
    """Registered as "pytest-benchmark"."""
    assert isinstance(request.config.pluginmanager.get_plugin("pytest-benchmark"), BenchmarkSession)


@pytest.mark.parametrize("name", [*private_api.OUTPUTS, "only", "enable", "disable"])
def test_the_options(request, name):
    """Each is where a worker's are cleared or read."""
    assert hasattr(request.config.option, f"benchmark_{name}"), f"--benchmark-{name} is gone, or kept elsewhere"


def test_a_row_can_be_put_back_to_what_it_was():
    """Each attribute of Metadata, its options and times, and its fixture's `has_error`."""
    made: Any = Metadata
    fixture = SimpleNamespace(**PLAIN, cprofile_stats=None, has_error=False)
    metadata = made(fixture, iterations=1, options={"timer": min})
    metadata.stats.data = [1.0, 2.0, 4.0]
    timed, before = private_api.TimedRow(metadata), private_api.row_as_json(metadata)
    for name in vars(metadata).keys() - {"fixture", "cprofile_stats"}:
        setattr(metadata, name, None)
    fixture.has_error = True
    assert timed.put_back({}) == before == private_api.row_as_json(metadata)
    assert not metadata.has_error


def test_a_row_can_be_made_from_its_json():
    """Metadata and Stats.data: what a worker measured comes out as it went in."""
    made: Any = Metadata
    metadata = made(
        SimpleNamespace(**PLAIN, cprofile_stats=None, has_error=False), iterations=1, options={"timer": min}
    )
    metadata.stats.data = [1.0, 2.0, 4.0]
    row = private_api.row_as_json(metadata)
    session = SimpleNamespace(benchmarks=[])
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: session))
    private_api.put_rows(config, [row])
    assert private_api.row_as_json(session.benchmarks[0]) == row
    assert row["stats"]["median"] == 2.0
    assert isinstance(session.benchmarks[0].stats, Stats)


def test_the_workers_of_xdist():
    """What a scheduler is given: WorkerController."""
    manage = pytest.importorskip("xdist.workermanage")
    for name in ("send_runtest_some", "shutdown", "shutting_down"):
        assert hasattr(manage.WorkerController, name), f"WorkerController.{name} is gone"
    assert "self.gateway = " in inspect.getsource(manage.WorkerController.__init__)
    told = inspect.getsource(manage.WorkerController.__init__)
    assert "self.workerinput = " in told
    assert '"workercount": ' in told


def test_the_processes_of_xdists_workers():
    """Where a worker's process is, how it is taken for dead, and the channel that its beats come through."""
    manage, execnet = pytest.importorskip("xdist.workermanage"), pytest.importorskip("execnet")
    from execnet import gateway_base, gateway_io

    assert "if not self._down:" in inspect.getsource(manage.WorkerController.process_from_remote)
    assert "self._io = io" in inspect.getsource(gateway_base.BaseGateway.__init__)
    assert "self.popen = " in inspect.getsource(gateway_io.Popen2IOMaster.__init__)
    assert "endmarker" in inspect.signature(execnet.Channel.setcallback).parameters
    assert hasattr(execnet.Gateway, "newchannel")
    assert gateway_io.popen_bootstrapline in gateway_io.popen_args(execnet.XSpec("popen"))


@pytest.mark.parametrize(
    ("spec", "workers"),
    [
        *[("popen", 1), ("3*popen", 3), ("popen//nice=5", 1), ("2*popen//env:A=b//nice=1", 2), ("0*popen", 0)],
        *[("popen//python=/bin/true", None), ("popen//chdir=x", None), ("popen//id=a", None), ("popen//via=a", None)],
        *[("ssh=a", None), ("", None), ("*popen", None), ("-1*popen", None), ("popen//env:=b", None)],
    ],
)
def test_how_many_workers_a_value_of_tx_starts(spec, workers):
    """None where they would not be workers of this host, Python and folder."""
    assert private_api.workers_of(spec) == workers


def test_where_xdist_starts_a_worker():
    """All of it is in its module `workermanage`; and its limit of deaths is an option, which it reads as a number."""
    manage, dsession = pytest.importorskip("xdist.workermanage"), pytest.importorskip("xdist.dsession")
    for name in ("setup_nodes", "setup_node"):
        assert hasattr(manage.NodeManager, name), f"NodeManager.{name} is gone"
    assert "nodemanager.setup_node" in inspect.getsource(dsession.DSession._clone_node)
    option = SimpleNamespace(maxworkerrestart=None, numprocesses=None, tx=["2*popen", "popen"])
    private_api.limit_restarts(cast("pytest.Config", SimpleNamespace(option=option)))
    assert dsession.get_default_max_worker_restart(SimpleNamespace(option=option)) == 12


def test_the_distribution_of_xdist():
    """Its plugin "dsession" has the workers, those that are at work, and the queue of what they say."""
    dsession = pytest.importorskip("xdist.dsession").DSession
    assert "self.nodemanager" in inspect.getsource(dsession.pytest_sessionstart)
    for name in ("queue", "_active_nodes"):
        assert f"self.{name}" in inspect.getsource(dsession.__init__), f"DSession.{name} is gone"
    assert list(inspect.signature(dsession.worker_testreport).parameters) == ["self", "node", "rep"]
    for name in ("workerfinished", "errordown"):
        assert "node" in inspect.signature(getattr(dsession, f"worker_{name}")).parameters


def test_the_scheduler_has_the_shape_that_xdist_asks_for():
    """Every member of its protocol `Scheduling`, with the parameters by the same names."""
    protocol = pytest.importorskip("xdist.scheduler.protocol").Scheduling
    for name in (name for name in vars(protocol) if not name.startswith("_")):
        theirs, ours = getattr(protocol, name), getattr(DeviceQueues, name)
        assert isinstance(ours, property) == isinstance(theirs, property), name
        if not isinstance(ours, property):
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name


def test_the_hooks_of_xdist():
    """Each hook that the plugin implements is specified."""
    hooks = pytest.importorskip("xdist.newhooks")
    from configspec.pytest_plugin.xdist import workers

    for name in (name for name in vars(workers) if name.startswith("pytest_")):
        assert hasattr(hooks, name), f"the hook {name} is gone"


def test_what_writes_results_can_be_replaced():
    """BenchmarkSession.save_json and the storage's save, which are called through their objects; and what numbers."""
    from pytest_benchmark.storage.file import FileStorage

    source = inspect.getsource(BenchmarkSession.handle_saving)
    assert "self.save_json(output_json)" in source
    assert "self.storage.save(output_json, save)" in source
    for name in ("get", "_next_num"):
        assert hasattr(FileStorage, name), f"FileStorage.{name} is gone"
    assert "self.path = " in inspect.getsource(FileStorage.__init__)
