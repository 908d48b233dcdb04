"""The llama.cpp of this interpreter, through the ctypes declarations of llama-cpp-python.

Its log goes only into a buffer, which errors quote, and from which `opening_log.py` reads what it did.
"""

from __future__ import annotations

import collections
import ctypes
import faulthandler
import importlib
import os
import sys
from typing import Any

from ..protocol import AgentError, JsonObject, usage_error
from .own_library import check_own, find_own, own_version, unfit_at_import

# What ctypes and numpy hand out has no types that Python 3.8 could name.
Api = Any  # llama.cpp's functions, and numpy's
Handle = Any  # a pointer, a batch or a structure of llama.cpp's
Array = Any  # numpy's
LOG_PIECES = 20_000  # of a log: to open a large model takes thousands
MOST_DEVICES = 64


class Library:
    """llama.cpp's functions (`api`), the numpy that llama-cpp-python depends on, and what llama.cpp last logged."""

    def __init__(self, api: Api, numpy: Api, version: str) -> None:
        self.api = api
        self.numpy = numpy
        self.version = version
        self.bound = False  # whether this process was bound to some of its processors
        self._log: collections.deque[str] = collections.deque(maxlen=LOG_PIECES)
        # Kept as an attribute: ctypes does not hold callbacks, and llama.cpp calls this one for ever.
        self._callback = api.llama_log_callback(self._remember)
        api.llama_log_set(self._callback, None)
        api.llama_backend_init()

    def facts(self) -> JsonObject:
        """Its version, and which processor features and back ends it was built for."""
        system = self.api.llama_print_system_info().decode("utf-8", "replace").strip()
        return {
            "llama_cpp_version": self.version,
            "llama_cpp_system_info": system,
            "gpu_offload": self.offloads,
            "llama_devices": list(self.devices),
        }

    @property
    def offloads(self) -> bool:
        """Whether it was built for a GPU, and finds one."""
        return bool(self.api.llama_supports_gpu_offload())

    @property
    def devices(self) -> tuple[str, ...]:
        """What it can compute on, by ggml's names: CPU, CUDA0; none where this build does not list them."""
        library = getattr(self.api, "_lib", None)
        try:
            count, get, name = (getattr(library, f"ggml_backend_dev_{what}") for what in ("count", "get", "name"))
        except AttributeError:
            return ()
        count.restype, count.argtypes = ctypes.c_size_t, []
        get.restype, get.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        name.restype, name.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
        return tuple(name(get(place)).decode("utf-8", "replace") for place in range(min(count(), MOST_DEVICES)))

    def device(self, name: str) -> int | None:
        """The address of the device of that name; None where there is none."""
        if name not in self.devices:
            return None
        get = self.api._lib.ggml_backend_dev_get
        address: int | None = get(self.devices.index(name))
        return address

    def forget_log(self) -> None:
        """Clear it, so that the next error quotes only what belongs to it."""
        self._log.clear()

    def log(self) -> str:
        """What it logged since the log was cleared, its last lines."""
        return "".join(self._log)

    def complaints(self) -> str:
        """What it logged as errors; its last lines where it logged none."""
        lines = self.log().splitlines()
        errors = [line for line in lines if "error" in line.lower() or "fail" in line.lower()]
        return "; ".join((errors or lines)[-3:]) or "llama.cpp logged nothing"

    def _remember(self, _level: int, text: bytes, _data: object) -> None:
        self._log.append(text.decode("utf-8", "replace"))


def load_library() -> Library:
    """Import llama_cpp, or say why that fails."""
    # When it aborts, it would call gdb on this process: slow, and its last lines would not say what was wrong.
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    faulthandler.enable()  # a library built for another processor ends the process: stderr then tells that it was this
    own = None
    try:
        own = find_own()
        version = importlib.import_module("llama_cpp").__version__
        api = importlib.import_module("llama_cpp.llama_cpp")
        numpy = importlib.import_module("numpy")
        if own is not None:
            check_own(own, api)
            version = own_version(own, version)
    except AgentError:
        raise
    except (Exception, SystemExit) as error:  # a library that does not load raises whatever its author chose
        if own is not None and not isinstance(error, ImportError):
            raise unfit_at_import(own, error) from None
        raise usage_error(
            f"{sys.executable} cannot import llama_cpp",
            found=str(error),
            hint=f"{sys.executable} -m pip install llama-cpp-python (the host's own: pip install 'configspec[llama]'), "
            "or name another interpreter as `python`.",
        ) from None
    finally:
        faulthandler.disable()
    needed = ("llama_get_memory", "llama_memory_seq_rm", "llama_vocab_get_text")
    missing = [name for name in needed if not hasattr(api, name)]
    if missing:
        raise usage_error(
            f"llama-cpp-python {version} is too old for this agent",
            found=f"it lacks {missing[0]}",
            hint=f"{sys.executable} -m pip install --upgrade llama-cpp-python",
        )
    return Library(api, numpy, version)
