"""What processors have done, read from trees like those of a board, a container and a kernel that says nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configspec.agent.board import processor_times as module
from configspec.agent.board.processor_times import processor_times

# proc(5): user nice system idle iowait irq softirq steal guest guest_nice, in ticks.
STAT = "cpu  900 90 9 5000 7 6 5 44 0 0\ncpu0 400 40 4 2500 3 3 2 20 0 0\ncpu1 500 50 5 2500 4 3 3 24 0 0\nintr 1\n"
PRESSURE = (
    "some avg10=1.53 avg60=1.20 avg300=0.90 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9000000\n"
)


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def on(monkeypatch):
    """As an agent that may use these processors, of a kernel with 100 ticks a second."""

    def on(*allowed: int) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(allowed))
        monkeypatch.setattr(os, "sysconf", lambda _: 100)

    return on


def test_only_the_processors_that_a_draft_may_use_count(tmp_path, on):
    """User, nice, system and interrupts are work; waiting for a disk is none; stolen is another's."""
    root = tree(tmp_path, {"proc/stat": STAT, "proc/pressure/cpu": PRESSURE})
    on(0, 1)
    both = processor_times(root)
    on(1)
    one = processor_times(root)
    assert (both["busy_s"], both["stolen_s"], both["processors"]) == (pytest.approx(10.1), 0.44, 2)
    assert (one["busy_s"], one["stolen_s"], one["processors"]) == (pytest.approx(5.61), 0.24, 1)
    assert both["waiting_s"] == pytest.approx(2.5)
    assert both["reason"] == "no cpu.stat of its control group"


def test_a_kernel_that_shows_nothing_gives_reasons(tmp_path, on):
    """Each is None; the agent's own time and the clock are always known."""
    on(0)
    found = processor_times(tmp_path)
    names = ("busy_s", "stolen_s", "waiting_s", "throttled_s", "throttled_periods")
    assert [found[name] for name in names] == [None] * 5
    assert found["reason"] == "no /proc/stat of its processors, no /proc/pressure/cpu, no cpu.stat of its control group"
    assert isinstance(found["own_s"], float)
    assert isinstance(found["t_s"], float)
    assert 0 < found["t_s"] <= time.monotonic()


def test_a_container_that_hides_one_of_its_processors_does_not_say_who_had_them(tmp_path, on):
    """Half of them is no sum."""
    on(0, 1, 2)
    assert processor_times(tree(tmp_path, {"proc/stat": STAT}))["busy_s"] is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {
                "proc/self/cgroup": "0::/user.slice/agent\n",
                "sys/fs/cgroup/user.slice/cpu.stat": "nr_periods 80\nnr_throttled 7\nthrottled_usec 300000\n",
                "sys/fs/cgroup/user.slice/agent/cpu.stat": "usage_usec 9\nnr_throttled 0\nthrottled_usec 0\n",
                "sys/fs/cgroup/cpu.stat": "usage_usec 9\n",
            },
            (7, 0.3),
        ),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/docker/1\n1:name=systemd:/init\n",
                "sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.stat": "nr_periods 9\nnr_throttled 2\nthrottled_time 5000000\n",
            },
            (2, 0.005),
        ),
        ({"sys/fs/cgroup/cpu.stat": "nr_throttled 1\nthrottled_usec 1000\n"}, (1, 0.001)),
        ({"proc/self/cgroup": "0::/../../etc\n"}, (None, None)),
    ],
)
def test_a_quota_is_found_in_the_group_or_around_it(tmp_path, on, files, expected):
    """Version 2 in µs, version 1 in ns; a container sees its own group as the first."""
    on(0)
    found = processor_times(tree(tmp_path, files))
    assert (found["throttled_periods"], found["throttled_s"]) == (
        expected[0],
        None if expected[1] is None else pytest.approx(expected[1]),
    )


@given(st.text(max_size=200))
def test_no_text_of_a_kernel_ends_the_agent(text):
    """Nor does a made-up one."""
    module._used(text, (0,))
    module._waiting(text)
    module._stopped(text)
