"""Commands without the collection of garbage: who calls them has it back, and memory is not handed back and forth."""

from __future__ import annotations

import gc
import platform
import subprocess
import sys

import pytest

from configspec.cli.collection import without_collection

# As draws do it: blocks of 0.3 MB, some at a time. The first round is what the process had not touched before.
FAULTS = """
import resource
import numpy as np
from configspec.cli.collection import without_collection

def touched():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        blocks = [np.ones((20, 2000)) for _ in range(8)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

with without_collection():
    print(touched(), touched())
"""


@pytest.mark.parametrize("collected", [True, False])
def test_whoever_calls_has_the_collection_as_it_was(collected):
    """Also where it was off before."""
    before = gc.isenabled()
    try:
        (gc.enable if collected else gc.disable)()
        with without_collection():
            assert not gc.isenabled()
        assert gc.isenabled() is collected
    finally:
        (gc.enable if before else gc.disable)()


FIRST_LOOK = """
import gc
from configspec.cli.collection import without_collection

looks = []
gc.callbacks.append(lambda phase, info: looks.append(phase))
with without_collection():
    held = [[] for _ in range(100_000)]
after = [[] for _ in range(100)]
print(len(looks), gc.get_freeze_count(), gc.isenabled())
"""


def test_what_was_held_is_not_looked_through_at_the_end():
    """The next object begins no collection, and nothing stays frozen."""
    ended = subprocess.run([sys.executable, "-c", FIRST_LOOK], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["0", "0", "True"]


@pytest.mark.real
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what an allocator hands back is its own affair")
def test_memory_is_faulted_in_once():
    """400 blocks of 78 pages touch no page anew after the first: unasked, the library would unmap and map them all."""
    ended = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    first, later = map(int, ended.stdout.split())
    assert first < 20 * 78
    assert later < 78
