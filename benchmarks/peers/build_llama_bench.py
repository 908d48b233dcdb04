"""llama.cpp's own `llama-bench`, built from the source that the installed llama-cpp-python was built from.

    python benchmarks/peers/build_llama_bench.py    # build it if need be, say where it is

llama-cpp-python's source distribution carries all of llama.cpp in vendor/llama.cpp, its tools included. pip fetches
the distribution of the installed version, CMake builds the one target with the options that llama-cpp-python's own
CMakeLists.txt sets and those of CMAKE_ARGS, and the result is kept in the cache. When it runs, the loader is pointed
at the shared libraries inside the installed package, so that both sides of a comparison execute the same kernels;
`Tool.borrows` says whether the loader took them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from machine import processors

from configspec.cache import default_root
from configspec.errors import UsageError
from configspec.own_folder import own_folder

PACKAGE = "llama-cpp-python"
# What llama-cpp-python sets, then what leaves out the tools that nobody asked for. All else is llama.cpp's default, as
# it is for the wheel. $ORIGIN: the finished folder can be moved.
OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=ON",
    "-DLLAMA_BUILD_COMMON=ON",
    "-DLLAMA_BUILD_TOOLS=ON",
    "-DLLAMA_BUILD_SERVER=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON",
    f"-DCMAKE_INSTALL_RPATH={'@loader_path' if sys.platform == 'darwin' else '$ORIGIN'}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A built tool of llama.cpp. `libraries` is the folder of the installed llama_cpp's shared libraries."""

    path: Path
    libraries: Path
    version: str  # of llama-cpp-python
    build_s: float  # 0.0 where it was in the cache
    borrows: bool  # whether it runs on `libraries`, and not on those built beside it

    def environment(self) -> dict[str, str]:
        """The environment to start it in, the installed libraries first."""
        return loading_from(self.libraries, os.environ)


def ensure_llama_bench(cache: Path, *, jobs: int) -> Tool:
    """The tool from the cache, built first if it is not there; a UsageError where others may write to its folder."""
    version = installed_version()
    extra = tuple(shlex.split(os.environ.get("CMAKE_ARGS", "")))
    place = own_folder(cache, "llama-bench", f"{version}-{_key(extra)}")
    done = place / "built.json"
    build_s = 0.0
    if not done.exists():
        print(f"building llama-bench of {PACKAGE} {version} in {place}, once; some minutes", flush=True)
        began_s = time.monotonic()
        _build(version, place, (*OPTIONS, *extra), jobs)
        build_s = time.monotonic() - began_s
        done.write_text(
            json.dumps({"version": version, "options": [*OPTIONS, *extra], "build_s": build_s}) + "\n", encoding="utf-8"
        )
    libraries = installed_libraries()
    path = place / "bin" / "llama-bench"
    return Tool(
        path=path, libraries=libraries, version=version, build_s=build_s, borrows=takes_libraries_of(path, libraries)
    )


def installed_version() -> str:
    """The installed llama-cpp-python's version."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        raise UsageError(f"{PACKAGE} is not installed in {sys.prefix}; install it, it is what is compared.") from None


def installed_libraries() -> Path:
    """The folder from which the installed llama_cpp loads libllama, found without importing it."""
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or spec.origin is None:
        raise UsageError(
            f"llama_cpp cannot be found in {sys.prefix}, though {PACKAGE} is installed there. Reinstall it."
        )
    return Path(spec.origin).parent / "lib"


def loading_from(libraries: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with `libraries` first among the folders that the loader searches."""
    variable = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"
    searched = [str(libraries), environ.get(variable, "")]
    return {**environ, variable: os.pathsep.join(folder for folder in searched if folder)}


def libraries_outside(ldd: str, folder: Path) -> list[str]:
    """From `ldd` output: the llama.cpp libraries that would not be loaded from `folder`.

    llama-bench-impl and llama-common are the tool's own and are in no wheel's use; they do not count.
    """
    outside = []
    for line in ldd.splitlines():
        name, _, found = line.strip().partition(" => ")
        if name.startswith(("libllama.", "libggml")) and Path(found.split(" (")[0]).parent != folder:
            outside.append(name)
    return outside


def takes_libraries_of(path: Path, libraries: Path) -> bool:
    """Whether the loader, pointed at `libraries`, takes llama.cpp's libraries from there for the program at `path`."""
    if shutil.which("ldd") is None:  # not Linux: it cannot be told, so it is not claimed
        return False
    seen = run_command(["ldd", str(path)], environ=loading_from(libraries, os.environ))
    return "libllama." in seen and not libraries_outside(seen, libraries)


def _build(version: str, place: Path, options: Sequence[str], jobs: int) -> None:
    """Fetch, unpack, configure, build; only what runs is kept."""
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="work-", dir=place) as folder:
        work = Path(folder)
        source = unpack_llama_cpp(fetch_source(version, work), work)
        cmake = _cmake()
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        run_command([cmake, "-S", str(source), "-B", str(work / "build"), *generator, *options])
        run_command([cmake, "--build", str(work / "build"), "--target", "llama-bench", "--parallel", str(jobs)])
        shutil.rmtree(place / "bin", ignore_errors=True)
        shutil.copytree(work / "build" / "bin", place / "bin", symlinks=True)


def fetch_source(version: str, work: Path) -> Path:
    """The source distribution, as pip finds it: the package index, proxies and caches are pip's business."""
    asked = f"{PACKAGE}=={version}"
    options = ["--quiet", "--no-deps", "--no-binary", PACKAGE, "--dest", str(work)]
    run_command([sys.executable, "-m", "pip", "download", *options, asked])
    found = list(work.glob("*.tar.gz"))
    if len(found) != 1:
        raise UsageError(f"pip download {asked} left {[path.name for path in found]} and not one source distribution.")
    return found[0]


def unpack_llama_cpp(archive: Path, work: Path) -> Path:
    """vendor/llama.cpp of the distribution."""
    with tarfile.open(archive) as opened:
        wanted = [member for member in opened if "/vendor/llama.cpp/" in member.name]
        opened.extractall(work, members=wanted, filter="data")
    found = list(work.glob("*/vendor/llama.cpp"))
    if not found or not (found[0] / "tools" / "llama-bench").is_dir():
        raise UsageError(
            f"{archive.name} carries no vendor/llama.cpp/tools/llama-bench; this version cannot be compared."
        )
    return found[0]


def _cmake() -> str:
    beside = shutil.which("cmake", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("cmake")
    if found is None:
        raise UsageError("cmake is not on PATH; `pip install cmake ninja` into this environment is enough.")
    return found


def run_command(command: Sequence[str], *, environ: Mapping[str, str] | None = None) -> str:
    """The command's output; where it fails, an error that ends with what it said last."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ)
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-20:])
        raise UsageError(f"`{shlex.join(command)}` ended with {done.returncode}. It said last:\n{said}")
    return done.stdout


def _key(extra: Sequence[str]) -> str:
    return hashlib.sha256("\0".join((*OPTIONS, *extra)).encode()).hexdigest()[:12]


def build_and_tell(ensure: Callable[..., Tool]) -> None:
    """Build a tool, and say where it is; a person's mistake is one line."""
    try:
        tool = ensure(default_root(), jobs=processors())
    except UsageError as error:
        raise SystemExit(f"error: {error}") from None
    source = "the installed package's libraries" if tool.borrows else "libraries built beside it, with the same options"
    built = f"built in {tool.build_s:.0f} s" if tool.build_s else "from the cache"
    print(f"{tool.path} ({PACKAGE} {tool.version}, {built}, runs on {source})")


if __name__ == "__main__":
    build_and_tell(ensure_llama_bench)
