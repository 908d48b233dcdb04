"""A llama.cpp of the board's owner, in place of the one that llama-cpp-python brings, if it fits.

llama-cpp-python takes its library from the folder that LLAMA_CPP_LIB_PATH names. It declares llama.cpp's functions and
structures as they are in one version, and ctypes compares nothing: another version's structures would be read wrongly,
or written past their end. So what llama.cpp itself fills in is looked at before anything is made of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
from typing import Any

from ..board.regular import open_regular
from ..protocol import AgentError, usage_error

Api = Any  # as in library.py
VARIABLE = "LLAMA_CPP_LIB_PATH"
NAME = "libllama.so"
SHOWN = 12  # digits of the hash that its version has
BLOCK_BYTES = 1024 * 1024
ROOM_BYTES = 512
# What the agent calls, of which older versions lack some; all else llama-cpp-python looks for itself.
NEEDED = ("llama_get_memory", "llama_memory_seq_rm", "llama_vocab_get_text", "llama_model_load_from_file")
# What llama.cpp has filled in for long, from the beginning and the end of each structure:
# https://github.com/ggml-org/llama.cpp/blob/master/src/llama-context.cpp, llama-model.cpp.
FILLED_IN = {
    "llama_model_default_params": {"split_mode": 1, "main_gpu": 0, "vocab_only": False, "use_extra_bufts": True},
    "llama_context_default_params": {
        **{"n_ctx": 512, "n_batch": 2048, "n_ubatch": 512, "n_seq_max": 1},
        **{"type_k": 1, "type_v": 1, "embeddings": False, "offload_kqv": True},
    },
}
HINT = "Build the llama.cpp that this llama-cpp-python was made for (its vendor/llama.cpp), or delete the key."


def find_own() -> str | None:
    """The library that was named, loaded, and what it needs with it; None where none was.

    It is loaded ahead of llama-cpp-python's own ggml, which has the same name and would be taken for its.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    path = os.path.expanduser(named)
    path = os.path.join(path, NAME) if os.path.isdir(path) else path
    if os.path.basename(path) != NAME:
        raise _unfit(path, f"it is not called {NAME}, which llama-cpp-python looks for")
    try:
        open_regular(path).close()
        library = ctypes.CDLL(path)
    except OSError as error:
        raise _unfit(path, f"it cannot be loaded: {error}") from None
    missing = [name for name in NEEDED if not hasattr(library, name)]
    if missing:
        raise _unfit(path, f"it lacks {', '.join(missing)}")
    os.environ[VARIABLE] = os.path.dirname(path)
    return path


def check_own(path: str, api: Api) -> None:
    """Whether it is of the version that llama-cpp-python declares, and so its structures; else a usage error."""
    is_of = str(api.llama_version().decode("utf-8", "replace")).partition("-")[0]
    made_for = _packaged_version(os.path.join(os.path.dirname(api.__file__), "lib"))
    if made_for is not None and is_of != made_for:
        raise _unfit(path, f"it is libllama {is_of}, and this llama-cpp-python is made for {made_for}")
    for name, expected in FILLED_IN.items():
        function = getattr(api._lib, name)
        declared = getattr(api, name).restype
        found = _filled_in(function, declared)
        wrong = [field for field, value in expected.items() if getattr(found, field, value) != value]
        if wrong:
            what = f"its {wrong[0]} is {getattr(found, wrong[0])}"
            raise _unfit(path, f"what {name} fills in is not what llama-cpp-python declares: {what}")


def _packaged_version(folder: str) -> str | None:
    """Of the library that came with llama-cpp-python, by its file's name; it is not loaded."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            found = re.fullmatch(r"libllama\.so\.(\d+\.\d+\.\d+)", name)
            if found:
                return found[1]
    return None


def own_version(path: str, version: str) -> str:
    """Of llama-cpp-python and of the library: rows of other builds must not compare."""
    digest = hashlib.sha256()
    folder = os.path.dirname(path)
    for name in sorted(os.listdir(folder)):
        if name == NAME or (name.startswith("libggml") and name.endswith(".so")):
            with open_regular(os.path.join(folder, name)) as file:
                for block in iter(lambda: file.read(BLOCK_BYTES), b""):
                    digest.update(block)
    return f"{version}, own build {digest.hexdigest()[:SHOWN]}"


def unfit_at_import(path: str, error: BaseException) -> AgentError:
    """llama-cpp-python declares a function that the library lacks, or another library that it needs is missing."""
    return _unfit(path, str(error))


def _filled_in(function: Api, declared: Api) -> Api:
    """The structure that a function returns, with room behind it: one of another version may be larger."""

    class Roomy(ctypes.Structure):
        _fields_ = [("declared", declared), ("room", ctypes.c_char * ROOM_BYTES)]  # noqa: RUF012

    before = function.restype
    function.restype = Roomy
    try:
        return function().declared
    finally:
        function.restype = before


def _unfit(path: str, found: str) -> AgentError:
    return usage_error(f"`llama_cpp.library`, {path}, cannot be used", found=found, hint=HINT)
