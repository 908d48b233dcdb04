"""Why a step failed, by what pip, CMake, compilers and systems write."""

from __future__ import annotations

import pytest

from configspec.devices.setup.plan import Step
from configspec.devices.setup.shell import Ended
from configspec.devices.setup.step_faults import step_fault
from configspec.errors import TestbedError, UsageError

STEP = Step(name="llama.cpp", script="false", done="false")
# As these programs write it.
WRITTEN = [
    ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", TestbedError, "disk"),
    ("The virtual environment was not created successfully because ensurepip is not available.", UsageError, "venv"),
    ("CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage", UsageError, "build-essential"),
    ("No CMAKE_CXX_COMPILER could be found.", UsageError, "build-essential"),
    ("nvcc fatal   : Unsupported gpu architecture 'compute_110'", UsageError, "--accelerator cpu"),
    ("c++: fatal error: Killed signal terminated program cc1plus", TestbedError, "swap"),
    (
        "cc1plus: out of memory allocating 1 bytes\nvirtual memory exhausted: Cannot allocate memory",
        TestbedError,
        "swap",
    ),
    (
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(': Failed to establish a "
        "new connection: [Errno -3] Temporary failure in name resolution')'\n"
        "ERROR: No matching distribution found for x",
        TestbedError,
        "--offline",
    ),
    ("ERROR: Could not find a version that satisfies the requirement x (from versions: none)", UsageError, "index"),
    ("sh: /mnt/configspec/bin/cmake: Permission denied", UsageError, "noexec"),
]


@pytest.mark.parametrize(("output", "kind", "told"), WRITTEN)
def test_a_cause_is_told_with_what_would_do(output, kind, told):
    """And with what the step wrote; the same command goes on."""
    found = step_fault("orin", STEP, Ended(status=1, output=output))
    assert type(found) is kind
    assert told in str(found)
    assert str(found).startswith("orin: the step `llama.cpp` ended with 1. ")
    assert str(found).endswith("The same command continues with this step.")


def test_a_step_that_was_killed_for_memory():
    """It writes nothing then."""
    assert "SIGKILL. Linux kills so when memory runs out" in str(step_fault("a", STEP, Ended(status=137, output="")))


def test_what_went_well_is_no_fault():
    """Whatever it wrote."""
    assert step_fault("orin", STEP, Ended(status=0, output="No space left on device")) is None


@pytest.mark.parametrize("status", [1, 2, 127, 129, 200, 255])
def test_any_other_end_is_quoted(status):
    """On one line, and harmless."""
    found = step_fault("orin", STEP, Ended(status=status, output="one\n\x1b[31mtwo"))
    assert isinstance(found, TestbedError)
    assert r"one | \x1b[31mtwo" in str(found)
