"""llama.cpp's own `llama-speculative-simple`, linked to the libraries that were built for `llama-bench`.

    python benchmarks/peers/build_llama_speculative.py    # build it if need be, say where it is

It is one source file of the same source distribution, an example there. Compiling it against the headers and linking it
to the finished libraries takes seconds; what `llama-bench` runs on stays as it is.
"""

from __future__ import annotations

import dataclasses
import os
import shlex
import shutil
import sys
import tempfile
import time
from pathlib import Path

from build_llama_bench import (
    Tool,
    build_and_tell,
    ensure_llama_bench,
    fetch_source,
    run_command,
    takes_libraries_of,
    unpack_llama_cpp,
)

from configspec.errors import UsageError

NAME = "llama-speculative-simple"
SOURCE = Path("examples", "speculative-simple", "speculative-simple.cpp")
HEADERS = ("common", "include", "ggml/include", "vendor")
LIBRARIES = ("-lllama-common", "-lllama", "-lggml", "-lggml-base")
BESIDE = "@loader_path" if sys.platform == "darwin" else "$ORIGIN"


def ensure_llama_speculative(cache: Path, *, jobs: int) -> Tool:
    """The tool from the cache, built first if it is not there, and `llama-bench` before it."""
    bench = ensure_llama_bench(cache, jobs=jobs)
    path = bench.path.with_name(NAME)
    build_s = 0.0
    if not path.exists():
        print(f"building {NAME} beside {bench.path}, once", flush=True)
        began_s = time.monotonic()
        _build(bench.version, path)
        build_s = time.monotonic() - began_s
    return dataclasses.replace(bench, path=path, build_s=build_s, borrows=takes_libraries_of(path, bench.libraries))


def _build(version: str, path: Path) -> None:
    """Fetch, unpack, compile; the program appears only when it is whole."""
    compiler = os.environ.get("CXX") or shutil.which("c++")
    if compiler is None:
        raise UsageError(
            "no C++ compiler: c++ is not on PATH and CXX is not set. Install one, as llama-bench needs too."
        )
    with tempfile.TemporaryDirectory(prefix="work-", dir=path.parent) as folder:
        work = Path(folder)
        source = unpack_llama_cpp(fetch_source(version, work), work)
        headers = [f"-I{source / header}" for header in HEADERS]
        linked = [f"-L{path.parent}", *LIBRARIES, f"-Wl,-rpath,{BESIDE}"]
        out = work / NAME
        compiled = ["-O3", "-DNDEBUG", "-std=c++17", *headers, str(source / SOURCE), *linked, "-o", str(out)]
        run_command([*shlex.split(compiler), *compiled])
        out.replace(path)


if __name__ == "__main__":
    build_and_tell(ensure_llama_speculative)
