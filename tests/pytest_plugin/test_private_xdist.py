"""The canary: what configspec uses of pytest-xdist and execnet without a promise is still there.

Where one of these fails, look in that project's changelog for the name, and mend `private_xdist.py`.
"""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import cast

import pytest

from configspec.pytest_plugin import private_xdist
from configspec.pytest_plugin.xdist.queues import DeviceQueues


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
    assert private_xdist.workers_of(spec) == workers


def test_where_xdist_starts_a_worker():
    """All of it is in its module `workermanage`; and its limit of deaths is an option, which it reads as a number."""
    manage, dsession = pytest.importorskip("xdist.workermanage"), pytest.importorskip("xdist.dsession")
    for name in ("setup_nodes", "setup_node"):
        assert hasattr(manage.NodeManager, name), f"NodeManager.{name} is gone"
    assert "nodemanager.setup_node" in inspect.getsource(dsession.DSession._clone_node)
    option = SimpleNamespace(maxworkerrestart=None, numprocesses=None, tx=["2*popen", "popen"])
    private_xdist.limit_restarts(cast("pytest.Config", SimpleNamespace(option=option)))
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
