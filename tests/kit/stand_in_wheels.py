"""A stand-in for llama-cpp-python and what it needs, of a few lines each, in the forms in which pip takes them.

Its source is built by a backend of its own, as the real one is: the wheel says what `CMAKE_ARGS` was.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

VERSION = "0.3.36"
LIBRARIES = ("numpy", "typing-extensions", "diskcache", "jinja2")
# What the agent asks of the library when it describes a board.
MODULE = """
llama_get_memory = llama_memory_seq_rm = llama_vocab_get_text = None
llama_log_callback = lambda function: function
llama_log_set = lambda function, data: None
llama_backend_init = lambda: None
llama_supports_gpu_offload = lambda: False
llama_print_system_info = lambda: {built!r}.encode()
"""
BACKEND = """
import os, platform, sys, time, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    options = os.environ.get("CMAKE_ARGS", "")
    print("[1/2] Building CXX object", flush=True)
    tag = "py3-none-linux_" + platform.machine()
    name = "llama_cpp_python-{version}-" + tag + ".whl"
    info = "llama_cpp_python-{version}.dist-info/"
    files = {{
        "llama_cpp/__init__.py": "__version__ = '{version}'",
        "llama_cpp/llama_cpp.py": {module!r}.replace("BUILT", options),
        info + "METADATA": {metadata!r},
        info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: " + tag + "\\n",
    }}
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr(info + "RECORD", "".join(path + ",,\\n" for path in [*files, info + "RECORD"]))
    return name
"""
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def metadata(name: str, version: str, needs: tuple[str, ...] = ()) -> str:
    needed = "".join(f"Requires-Dist: {one}\n" for one in needs)
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}"


def write_source(folder: Path, version: str = VERSION) -> Path:
    """The source distribution of llama-cpp-python."""
    own = metadata("llama_cpp_python", version, LIBRARIES)
    backend = BACKEND.format(version=version, module=MODULE.format(built="BUILT"), metadata=own)
    path, root = folder / f"llama_cpp_python-{version}.tar.gz", f"llama_cpp_python-{version}"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in (("PKG-INFO", own), ("pyproject.toml", PROJECT), ("backend.py", backend)):
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def write_library(folder: Path, name: str, version: str = "9.0", tag: str = "py3-none-any") -> Path:
    """A wheel of a module that is empty."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": "",
        f"{info}/METADATA": metadata(name, version),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    path = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inner, text in files.items():
            wheel.writestr(inner, text)
        wheel.writestr(f"{info}/RECORD", "".join(f"{inner},,\n" for inner in [*files, f"{info}/RECORD"]))
    return path


def write_all(folder: Path, version: str = VERSION) -> Path:
    """Everything that a board needs."""
    folder.mkdir(exist_ok=True)
    write_source(folder, version)
    for name in LIBRARIES:
        write_library(folder, name)
    return folder
