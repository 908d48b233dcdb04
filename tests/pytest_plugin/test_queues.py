"""One queue a device: the scheduler, with workers that behave as xdist's do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.pytest_plugin.xdist.queues import DeviceQueues
from configspec.theory.ids import device_in

DEVICES = ("orin", "orin-2", "rpi5", "rpi4")


class FakeWorker:
    """A worker as far as a scheduler sees it: it runs a test when it knows the next one, or that there is none."""

    def __init__(self, name: str) -> None:
        self.config: Any = SimpleNamespace()
        self.gateway = SimpleNamespace(id=name)
        self.known: list[int] = []
        self.shutting_down = False
        self.dead = False  # of the first test that it knows; the scheduler has not heard of it yet

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        if self.dead:
            raise OSError("cannot send (already closed?)")
        self.known += indices

    def shutdown(self) -> None:
        self.shutting_down = True

    def can_run(self) -> bool:
        return len(self.known) >= 2 or (self.shutting_down and bool(self.known))


class Session:
    """xdist's part: it starts workers, replaces those that die, and ends as its `DSession` does."""

    def __init__(
        self, tests: Sequence[str], workers: int, deadly: set[str], restarts: int = 99, *, hears_late: bool = False
    ) -> None:
        """`hears_late`: of a worker's test it hears when the worker is already dead of the next one."""
        self.tests, self.deadly, self.restarts, self.hears_late = list(tests), deadly, restarts, hears_late
        config: Any = SimpleNamespace()
        self.queues = DeviceQueues(config, DEVICES, workers)
        self.alive: list[FakeWorker] = []
        self.made = 0
        self.ran: list[tuple[str, str]] = []  # worker, test
        self.crashed: list[str] = []
        for _ in range(workers):
            self.start(self.tests)

    def start(self, collection: Sequence[str]) -> None:
        worker = FakeWorker(f"gw{self.made}")
        self.made += 1
        self.alive.append(worker)
        self.queues.add_node(worker)
        self.queues.add_node_collection(worker, collection)
        if self.queues.collection_is_completed:
            self.queues.schedule()

    def run(self, choose: Any) -> None:
        """Until nobody is left; a step is one test of a worker that `choose` picks."""
        while self.alive:
            if self.queues.tests_finished:
                for worker in self.queues.nodes:
                    worker.shutdown()
            for worker in [one for one in self.alive if one.shutting_down and not one.known]:
                self.alive.remove(worker)
                if worker in self.queues.nodes:
                    assert self.queues.remove_node(worker) is None
            able = [worker for worker in self.alive if worker.dead or worker.can_run()]
            assert able or not self.alive, "all workers wait for ever"
            if able:
                self.step(choose(able))

    def step(self, worker: FakeWorker) -> None:
        index = worker.known.pop(0)
        name = self.tests[index]
        self.ran.append((worker.gateway.id, name))
        if name not in self.deadly:
            worker.dead = self.hears_late and worker.can_run() and self.tests[worker.known[0]] in self.deadly
            self.queues.mark_test_complete(worker, index)
            return
        self.alive.remove(worker)
        assert self.queues.remove_node(worker) == name
        self.crashed.append(name)
        if len(self.crashed) <= self.restarts:
            self.start(self.tests)


def test_id(device: str | None, number: int) -> str:
    return f"t.py::test_{number}" if device is None else f"t.py::test[dev:{device}:-f-d-Q8_0-K{number}]"


test_id.__test__ = False  # type: ignore[attr-defined]


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    names = draw(st.lists(st.sampled_from([*DEVICES, None]), max_size=30))
    tests = [test_id(name, number) for number, name in enumerate(names)]
    deadly = draw(st.sets(st.sampled_from(tests), max_size=6)) if tests else set()
    return Session(tests, draw(st.integers(1, 5)), deadly, hears_late=draw(st.booleans()))


@given(sessions(), st.randoms(use_true_random=False))
def test_every_test_runs_once_or_is_said_not_to_have_run(session, random):
    """Whatever the devices, the workers, and the tests that kill one: no test is lost, repeated or waited for."""
    session.run(random.choice)
    ran = Counter(name for _, name in session.ran)
    assert all(count == 1 for count in ran.values())
    assert not set(ran) & set(session.queues.not_run())
    assert set(ran) | set(session.queues.not_run()) == set(session.tests)


@given(sessions(), st.randoms(use_true_random=False))
def test_a_device_belongs_to_one_worker_until_that_dies(session, random):
    """The workers of a device follow one another, and only its owner's death makes the next one begin."""
    session.run(random.choice)
    dead = {worker for worker, name in session.ran if name in session.deadly}
    for device in DEVICES:
        workers = list(dict.fromkeys(worker for worker, name in session.ran if device_in(name, DEVICES) == device))
        assert set(workers[:-1]) <= dead
        changes = [worker for worker, name in session.ran if device_in(name, DEVICES) == device]
        assert list(dict.fromkeys(changes)) == [worker for worker, _ in groupby(changes)]


@given(sessions(), st.randoms(use_true_random=False))
def test_a_devices_tests_keep_their_order(session, random):
    """Models are opened once because a cell's tests follow one another."""
    session.run(random.choice)
    for device in DEVICES:
        ran = [name for _, name in session.ran if device_in(name, DEVICES) == device]
        assert ran == [name for name in session.tests if name in set(ran)]


@given(sessions(), st.randoms(use_true_random=False))
def test_a_devices_queue_begins_twice_at_most(session, random):
    """One death is bad luck, two are the board: what is left then is named, with the reason."""
    session.run(random.choice)
    for device in DEVICES:
        deaths = [name for name in session.crashed if device_in(name, DEVICES) == device]
        assert len(deaths) <= 2
        left = [why for name, why in session.queues.not_run().items() if device_in(name, DEVICES) == device]
        assert not left or len(deaths) == 2
        assert set(left) <= {f"2 workers died while they measured on {device}"}


def test_as_many_workers_as_devices_take_one_each():
    """Each device's tests on a worker of its own, from the start."""
    tests = [test_id(device, number) for device in DEVICES for number in range(3)]
    session = Session(tests, 4, set())
    first = {worker.gateway.id: device_in(tests[worker.known[0]], DEVICES) for worker in session.alive}
    assert sorted(str(name) for name in first.values()) == sorted(DEVICES)


def test_the_longest_queue_begins_first():
    """One worker for two devices: the longer one's tests come first."""
    tests = [test_id("orin", 0), *(test_id("rpi5", number) for number in range(1, 4))]
    session = Session(tests, 1, set())
    session.run(lambda able: able[0])
    assert [name for _, name in session.ran] == [*tests[1:], tests[0]]


def test_workers_without_a_device_run_the_hosts_tests():
    """Two workers, one device: the other worker has the host's tests to itself."""
    tests = [*(test_id(None, number) for number in range(6)), *(test_id("orin", number) for number in range(6, 12))]
    session = Session(tests, 2, set())
    session.run(lambda able: able[len(session.ran) % len(able)])
    of_device = {worker for worker, name in session.ran if device_in(name, DEVICES)}
    of_host = {worker for worker, name in session.ran if not device_in(name, DEVICES)}
    assert len(of_device) == 1
    assert of_host - of_device


def test_a_worker_that_found_other_tests_runs_none():
    """It is let go, and what was left for it is named: nobody waits."""
    tests = [test_id("orin", number) for number in range(5)]
    session = Session(tests, 1, {tests[1]}, restarts=0)
    worker = session.alive[0]
    session.step(worker)
    session.step(worker)
    session.start([*tests, "t.py::test_new"])
    session.run(lambda able: able[0])
    assert session.queues.tests_finished
    assert [name for _, name in session.ran] == tests[:2]
    assert all("other tests" in why for why in session.queues.not_run().values())
    assert set(session.queues.not_run()) == set(tests[2:])


def test_without_a_replacement_the_rest_is_named():
    """`--max-worker-restart=0`."""
    tests = [test_id("orin", number) for number in range(5)]
    session = Session(tests, 1, {tests[0]}, restarts=0)
    session.run(lambda able: able[0])
    assert set(session.queues.not_run()) == set(tests[1:])
    assert all("no worker" in why for why in session.queues.not_run().values())


def test_no_tests_at_all_is_finished_at_once():
    """Nothing collected: the workers are let go."""
    session = Session([], 2, set())
    session.run(lambda able: able[0])
    assert session.queues.tests_finished
    assert not session.queues.not_run()


def test_a_test_that_another_plugin_would_run_again_is_not():
    """It is named instead, so that it is not lost."""
    session = Session([test_id("orin", 0)], 1, set())
    session.queues.mark_test_pending(session.tests[0])
    assert "not run again" in session.queues.not_run()[session.tests[0]]


@pytest.mark.parametrize(
    ("node_id", "device"),
    [
        ("t.py::test[dev:orin:-f-d-Q8_0-K2]", "orin"),
        ("t.py::test[dev:orin-2:-f-d-Q8_0-K2]", "orin-2"),
        ("t.py::test[x-dev:rpi5:-f-d-Q8_0-K2-y]", "rpi5"),
        ("t.py::test[dev:nobody:-f-d-Q8_0-K2]", None),
        ("t.py::test_dev", None),
        ("dev.py::test[device:orin]", None),
    ],
)
def test_the_device_is_read_from_the_id(node_id, device):
    """The second colon ends its name; a name that nobody chose is no device."""
    assert device_in(node_id, DEVICES) == device


def test_devices_that_take_turns_have_one_worker():
    """With another one free: the meter of their board would charge each with both."""
    config: Any = SimpleNamespace()
    one, other = DEVICES[:2]
    queues = DeviceQueues(config, DEVICES, 2, {one: one, other: one})
    tests = [test_id(name, number) for name in (one, other) for number in range(2)]
    workers = [FakeWorker(f"gw{number}") for number in range(2)]
    for worker in workers:
        queues.add_node(worker)
        queues.add_node_collection(worker, tests)
    queues.schedule()
    assert sorted(len(worker.known) for worker in workers) == [0, 3]
