"""One queue a device: which worker of pytest-xdist runs which test, and when.

The shape is xdist's public protocol `Scheduling`. Its own `loadgroup` ignores groups under pytest 9.2, and runs a test
that kills its worker again and again.

    ahead    tests that a worker knows of and has not finished. It starts one only when it knows the next one, or that
             there is none; three keep it busy, and few enough that `-x` soon ends everything
    owner    the worker that a device's queue belongs to, from its first test to its last

A worker takes a device's queue when it has nothing else to do, the longest first. If it dies, the test that it ran is
not run again, and the rest of the queue goes to another worker, once. Devices that take turns have one queue.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

import pytest

from configspec.pytest_plugin.private_xdist import Worker, has_finished
from configspec.theory.ids import device_in

AHEAD = 3
DEATHS = 2  # of workers at a device's tests, after which the rest of its queue is not run


class DeviceQueues:
    """xdist's `Scheduling` for the tests of devices; tests without a device go to any free worker."""

    def __init__(
        self, config: pytest.Config, devices: Sequence[str], workers: int, turns: Mapping[str, str] | None = None
    ) -> None:
        """`turns`: of each device that shares a queue, the device after which the queue is called."""
        self.config = config  # other plugins read it of any scheduler
        self._turns = turns or {}
        self._devices = tuple(devices)
        self._expected = workers
        self._collected = 0
        self._ids: list[str] | None = None
        self._scheduled = False
        self._unfinished: dict[Worker, list[int]] = {}
        self._ready: list[Worker] = []  # those whose collection is the same as the first one's
        self._queues: dict[str | None, deque[int]] = {}
        self._owner: dict[str, Worker] = {}
        self._deaths: Counter[str | None] = Counter()
        self._not_run: dict[str, str] = {}
        self._nobody_left = False

    @property
    def nodes(self) -> list[Worker]:
        """The live workers."""
        return list(self._unfinished)

    @property
    def collection_is_completed(self) -> bool:
        """Whether every worker of the beginning has collected."""
        return self._collected >= self._expected

    @property
    def tests_finished(self) -> bool:
        """Whether nothing is left but what each worker is running."""
        at_work = any(len(unfinished) >= 2 for unfinished in self._unfinished.values())
        return self._scheduled and (self._nobody_left or (not self._left() and not at_work))

    @property
    def has_pending(self) -> bool:
        """Whether anything is left, or being run."""
        return self._left() or any(self._unfinished.values())

    @property
    def has_collected(self) -> bool:
        """Whether any worker has."""
        return self._ids is not None

    def add_node(self, node: Worker) -> None:
        """A worker has started."""
        self._unfinished[node] = []

    def add_node_collection(self, node: Worker, collection: Sequence[str]) -> None:
        """A worker has collected; one that found other tests than the first must not run any."""
        self._collected += 1
        if self._ids is None:
            self._ids = list(collection)
        elif list(collection) != self._ids:
            del self._unfinished[node]
            node.shutdown()
            if self._scheduled and not self._unfinished:
                self._give_up("the worker that was to run it found other tests: was a file changed meanwhile?")
            return
        self._ready.append(node)

    def schedule(self) -> None:
        """Hand out tests."""
        if not self._scheduled:
            self._scheduled = True
            for index, node_id in enumerate(self.ids):
                self._queues.setdefault(self._queue_of(node_id), deque()).append(index)
        self._feed()

    def mark_test_complete(self, node: Worker, item_index: int, duration: float = 0) -> None:
        """A worker has finished a test."""
        self._unfinished[node].remove(item_index)
        self._feed()

    def mark_test_pending(self, item: str) -> None:
        """Another plugin wants a test to be run again whose worker died: here it is not."""
        self._not_run[item] = "its worker died while it ran, and such a test is not run again"

    def remove_pending_tests_from_node(self, node: Worker, indices: Sequence[int]) -> None:
        """Of xdist's work stealing, which asks workers for tests back; here nobody asks, and an answer is a mistake."""
        raise NotImplementedError

    def remove_node(self, node: Worker) -> str | None:
        """A worker is gone; the id of the test that it was running, or None."""
        unfinished = self._unfinished.pop(node)
        if node in self._ready:
            self._ready.remove(node)
        names = self.ids
        for index in reversed(unfinished[1:]):
            self._queues[self._queue_of(names[index])].appendleft(index)
        self._owner = {device: owner for device, owner in self._owner.items() if owner is not node}
        crashed = names[unfinished[0]] if unfinished else None
        if crashed is not None and has_finished(node):
            self._not_run[crashed] = "its worker ended its run meanwhile, as by pytest.exit"
            self._nobody_left = not self._unfinished  # xdist puts nobody in its place
            crashed = None  # xdist takes a test that is named here for a mistake of its own
        if crashed is not None:
            self._count_death(self._queue_of(crashed))
        if self._scheduled:
            self._feed()
        return crashed

    @property
    def ids(self) -> tuple[str, ...]:
        """All tests, in the order in which they were collected."""
        return tuple(self._ids or ())

    def not_run(self) -> dict[str, str]:
        """Tests that nobody ran, by id, with the reason."""
        names = self.ids
        left = {names[index]: "no worker was left to run it" for queue in self._queues.values() for index in queue}
        return {**self._not_run, **left}

    def _queue_of(self, node_id: str) -> str | None:
        device = device_in(node_id, self._devices)
        return None if device is None else self._turns.get(device, device)

    def _count_death(self, device: str | None) -> None:
        self._deaths[device] += 1
        if device is not None and self._deaths[device] >= DEATHS:
            self._give_up(f"{DEATHS} workers died while they measured on {device}", device)

    def _left(self) -> bool:
        return any(self._queues.values())

    def _give_up(self, why: str, *devices: str) -> None:
        for queue in [self._queues[device] for device in devices] or list(self._queues.values()):
            self._not_run.update({self.ids[index]: why for index in queue})
            queue.clear()

    def _feed(self) -> None:
        """Give workers what they can take, those with the least to do first; stop those without any left."""
        fed = True
        while fed:
            hungry = [node for node in self._ready if self._ahead(node) < AHEAD and not node.shutting_down]
            fed = any(self._give_one(node) for node in sorted(hungry, key=self._ahead))
        for node in self._ready:
            if self._ahead(node) < 2 and not node.shutting_down:
                node.shutdown()

    def _ahead(self, node: Worker) -> int:
        return len(self._unfinished[node])

    def _give_one(self, node: Worker) -> bool:
        queue = self._queue_for(node)
        if queue is None:
            return False
        try:
            node.send_runtest_some([queue[0]])
        except OSError:  # it is dead, of what it runs next; xdist will call remove_node
            self._ready.remove(node)
            return False
        self._unfinished[node].append(queue.popleft())
        return True

    def _queue_for(self, node: Worker) -> deque[int] | None:
        own = next(
            (self._queues[name] for name, owner in self._owner.items() if owner is node and self._queues[name]), None
        )
        if own is not None:
            return own
        anybody = self._queues.get(None)
        if anybody and self._ahead(node) > 0:
            return anybody
        free = [name for name, queue in self._queues.items() if name is not None and queue and name not in self._owner]
        if free and self._ahead(node) < 2:
            name = max(free, key=lambda name: len(self._queues[name]))
            self._owner[name] = node
            return self._queues[name]
        return anybody or None
