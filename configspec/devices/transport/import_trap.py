"""An interpreter that ended while it imported llama_cpp, told from one that ended later.

While it imports, the agent has Python's fault handler write where it was:
https://docs.python.org/3/library/faulthandler.html. A library that was built for another processor ends the process
with SIGILL, one that does not fit what it links to mostly with SIGSEGV or SIGABRT.
"""

from __future__ import annotations

import re
import signal

_IMPORTING = re.compile(r"^Fatal Python error: .*^ +File \"[^\"\n]*llama_cpp[/\"]", re.MULTILINE | re.DOTALL)
_BUILD = (
    "CMAKE_ARGS=-DGGML_NATIVE=ON PYTHON -m pip install --force-reinstall --no-cache-dir --no-binary llama-cpp-python "
    "llama-cpp-python"
)


def import_trap(status: int | None, stderr: str) -> str | None:
    """What to tell where a signal ended the interpreter at the import; None where it was something else.

    Args:
        status: The interpreter's, negative for a signal.
        stderr: The end of what it wrote.
    """
    if status is None or status >= 0 or _IMPORTING.search(stderr) is None:
        return None
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    cause = "it was built for another processor" if -status == signal.SIGILL else "it does not fit this board's system"
    return f"its llama_cpp ends the interpreter with {name} when it is imported: {cause}. Build it there: {_BUILD}"
