"""Why a step failed, read from the end of what it wrote: whose move it is, and what would do."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

from configspec.devices.setup.plan import Step
from configspec.devices.setup.shell import Ended
from configspec.devices.transport.local import last_lines
from configspec.errors import TestbedError, UsageError

SIGNALLED = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """`words`: a part of what pip, venv, CMake or a compiler wrote; `kind`: whose move it is; `do`: what would do."""

    words: str
    kind: type[TestbedError] | type[UsageError]
    do: str


CAUSES = (
    Cause(
        words="No space left on device|Disk quota exceeded",
        kind=TestbedError,
        do="Its disk is full: free some space there",
    ),
    Cause(
        words="ensurepip is not available|No module named '?(venv|ensurepip)",
        kind=UsageError,
        do="There: sudo apt install python3-venv",
    ),
    Cause(
        words=r"CMAKE_CX*_COMPILER not set|No CMAKE_CX*_COMPILER could be found|c\+\+: not found",
        kind=UsageError,
        do="There is no compiler that works. There: sudo apt install build-essential",
    ),
    Cause(
        words="CUDA Toolkit not found|No CMAKE_CUDA_COMPILER|nvcc fatal",
        kind=UsageError,
        do="Its CUDA toolkit does not build. Correct that, or build without it: --accelerator cpu",
    ),
    Cause(
        words="fatal error: Killed|Killed signal|std::bad_alloc|Cannot allocate memory|virtual memory exhausted",
        kind=TestbedError,
        do="Memory ran out: end what else runs there, or add swap",
    ),
    Cause(
        words="name resolution|Failed to establish a new connection|Network is unreachable|Name or service not known|"
        "Connection (timed out|refused|reset)|Read timed out|Max retries exceeded",
        kind=TestbedError,
        do="It reaches no package index: look at its network, or let this host send all: --offline",
    ),
    Cause(
        words="No matching distribution found|Could not find a version",
        kind=UsageError,
        do="Its package index does not have that. Let this host look for it: --offline",
    ),
    Cause(
        words="Permission denied|Read-only file system",
        kind=UsageError,
        do="The account may not write there, or not run what is there (a file system mounted noexec): name another "
        "folder as `python: /FOLDER/bin/python`",
    ),
)
AGAIN = "The same command continues with this step"


def step_fault(device: str, step: Step, ended: Ended) -> TestbedError | UsageError | None:
    """What to tell of a step that ended so; None where it went well."""
    if ended.status == 0:
        return None
    words = f"It wrote: {last_lines(ended.output)}"
    told = f"{device}: the step `{step.name}` {_how(ended.status)}."
    for cause in CAUSES:
        if re.search(cause.words, ended.output):
            return cause.kind(f"{told} {cause.do}. {words} {AGAIN}.")
    if ended.status == SIGNALLED + signal.SIGKILL:
        return TestbedError(f"{told} Linux kills so when memory runs out. {words} {AGAIN}.")
    return TestbedError(f"{told} {words} {AGAIN}.")


def _how(status: int) -> str:
    if status > SIGNALLED:
        try:
            return f"was ended by {signal.Signals(status - SIGNALLED).name}"
        except ValueError:
            pass
    return f"ended with {status}"
