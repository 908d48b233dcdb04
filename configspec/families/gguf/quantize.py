"""Quantising a GGUF file with llama.cpp's own quantiser. Besides `agent/llama/library.py`, nothing imports llama_cpp.

The names are those of llama.h, `LLAMA_FTYPE_MOSTLY_<name>`; what the installed llama-cpp-python has is what there is.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from configspec.errors import UsageError, did_you_mean
from configspec.families.gguf.gguf_facts import read_facts

_PREFIX = "LLAMA_FTYPE_MOSTLY_"
_LOG_LINES = 8  # of llama.cpp's log, shown when it fails


def quantize(source: Path, out: Path, quant: str, threads: int | None = None) -> None:
    """Write `source`, an F16 GGUF file, in the quantisation named `quant` to `out`; `threads` None means all cores.

    Raises:
        UsageError: llama.cpp is not installed, has no such quantisation, or fails; the message ends with its log.
        OSError: `out` could not be written, as on a full disk.

    """
    llama_cpp = _llama_cpp()
    file_type = _file_type(llama_cpp, quant)
    if read_facts(source).quant == quant:
        shutil.copyfile(source, out)
        return
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = file_type
    params.nthread = threads or os.cpu_count() or 1
    with _captured_log(llama_cpp) as log:
        failed = llama_cpp.llama_model_quantize(os.fsencode(source), os.fsencode(out), ctypes.byref(params))
    if failed:
        if "iostream error" in "".join(log):  # all that C++ says of a write that failed
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(out))
        said = [f"  {line}" for line in "".join(log).strip().splitlines()[-_LOG_LINES:]]
        raise UsageError(f"llama.cpp could not quantise {source} to {quant}. The end of its log:", *said)


def check_quant(quant: str) -> None:
    """A UsageError where llama.cpp has no quantisation of this name."""
    _file_type(_llama_cpp(), quant)


def _file_type(llama_cpp: ModuleType, quant: str) -> int:
    known = _file_types(llama_cpp)
    if quant not in known:
        raise UsageError(f"The quantisation {quant!r} is not one of llama.cpp's. {did_you_mean(quant, known)}")
    return known[quant]


def _file_types(llama_cpp: ModuleType) -> Mapping[str, int]:
    return {name.removeprefix(_PREFIX): getattr(llama_cpp, name) for name in dir(llama_cpp) if name.startswith(_PREFIX)}


@contextmanager
def _captured_log(llama_cpp: ModuleType) -> Iterator[deque[str]]:
    """The last pieces of llama.cpp's log, kept instead of written to the terminal, until the block ends."""
    log: deque[str] = deque(maxlen=200)

    def keep(level: int, text: bytes, user_data: object) -> None:
        log.append(text.decode("utf-8", errors="replace"))

    before, before_data = llama_cpp.llama_log_callback(), ctypes.c_void_p()
    llama_cpp.llama_log_get(ctypes.byref(before), ctypes.byref(before_data))
    callback = llama_cpp.llama_log_callback(keep)
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    try:
        yield log
    finally:
        llama_cpp.llama_log_set(before, before_data)


def _llama_cpp() -> ModuleType:
    try:
        import llama_cpp
    except ImportError as error:
        raise UsageError(f"Quantising needs llama.cpp ({error}): pip install 'configspec[llama]'.") from None
    module: ModuleType = llama_cpp
    return module
