"""Looks at a bare board, runs the steps that set it up, and hands files to the host.

Its text is run as `python -c`, as `bootstrap.py` is. Its arguments are a verb and what that takes:

    facts       a folder, `~/` being the home folder here
      stdout    one line of JSON, {"configspec_setup": {...}}: what kind of board it is, and what it has to build with
    run         nothing
      stdin     a script for `sh` as a line of base64, which runs in a session of its own; then a line end every few
                seconds: the host is there. Where it closes or falls silent, the script is ended
      stdout    what the script and all that it starts write, and the script's status as this program's own
    send        a path
      stdout    one line of JSON, {"configspec_setup": {"size": ..., "sha256": ...}}, and the file's bytes

In Python 3.6 too, so that the host can say that the agent needs 3.8: hence no `annotations` from the future.
"""

import base64
import contextlib
import ctypes.util
import glob
import hashlib
import json
import os
import platform
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from configparser import ConfigParser, Error
from typing import Dict, Iterator, Optional, Set, Tuple

KEY = "configspec_setup"
SILENCE_S = 30.0
REACH_S = 10.0  # for the package index to answer
ASK_S = 20.0  # for a compiler to say its version
POLL_S = 0.1
INDEX = "https://pypi.org/simple/"
# A login over SSH gets a shorter path than a terminal, and JetPack puts nvcc into neither.
PATHS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/cuda/bin")
OURS = {"bin", "include", "lib", "lib64", "share", "pyvenv.cfg", "wheels", "tmp", "installed", "agent"}
OURS |= {".gitignore", "CACHEDIR.TAG", ".lock"}  # what venv of Python 3.13, virtualenv and uv put into an environment
READ_BYTES = 1024 * 1024
# What /proc/cpuinfo says of the instructions that a processor has.
INSTRUCTIONS = ("flags", "features", "isa", "cpu implementer", "cpu part", "cpu architecture")


def main() -> None:
    """Do what the verb says."""
    verb, what = sys.argv[1:]
    if verb == "run":
        sys.exit(run(base64.b64decode(first_line()).decode()))
    elif verb == "send":
        send(what)
    else:
        print(json.dumps({KEY: facts("/", what)}), flush=True)


def facts(root: str, declared: str) -> Dict[str, object]:
    """What kind of board it is, by what is below `root`, and what there is to set `declared` up with."""
    folder = os.path.abspath(os.path.expanduser(declared))
    parent = existing(folder)
    disk = os.statvfs(parent)
    libc, version = libc_version(root)
    nvcc = nvcc_path(root)
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "tag": "cp%d%d" % sys.version_info[:2],
        "machine": machine(),
        "libc": libc,
        "libc_version": version,
        "pip": bundled_pip(),
        "compiler": which(root, "c++", "g++", "clang++"),
        "nvcc": nvcc,
        "cuda": None if nvcc is None else cuda_version(nvcc),
        "glslc": which(root, "glslc"),
        "vulkan": has_vulkan(root),
        "compatible": [one for one in read(root, "proc/device-tree/compatible").split("\0") if one][:20],
        "instructions": instructions(read(root, "proc/cpuinfo")),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": memory_bytes(read(root, "proc/meminfo")),
        "folder": folder,
        "content": content(folder),
        "parent": parent,
        "writable": os.access(parent, os.W_OK | os.X_OK),
        "free_bytes": disk.f_bavail * disk.f_frsize,
        "online": reaches(index_url()),
    }


def first_line() -> bytes:
    """What the host says first; its signs of life are empty lines."""
    line = b""
    while not line.endswith(b"\n") or not line.strip():
        byte = os.read(0, 1)  # and no more: what comes after it, `run` waits for
        if not byte:
            break
        line += byte
    return line.strip()


def run(script: str) -> int:
    """The script's status, as a shell has it; 128 + SIGTERM where the host is gone."""
    sys.stdout.flush()
    with open(os.devnull) as nothing:
        child = subprocess.Popen(["sh", "-c", script], stdin=nothing, stderr=1, start_new_session=True)
    heard = True
    waited_s = 0.0
    while heard and child.poll() is None:
        ready = select.select([0], [], [], POLL_S)[0]
        if ready:
            heard = bool(os.read(0, 4096))
            waited_s = 0.0
        else:
            waited_s += POLL_S
            heard = waited_s < SILENCE_S
    if child.poll() is None:
        end(child)
    status = child.wait()
    return 128 - status if status < 0 else status


def end(child: "subprocess.Popen[bytes]") -> None:
    """End the script with all that it started: ninja gives each compiler a process group of its own."""
    for number, patience_s in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
        end_s = time.monotonic() + patience_s
        ended: Set[int] = set()
        while members(child.pid) and time.monotonic() < end_s:
            for pid in members(child.pid) - (ended if number == signal.SIGTERM else set()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                ended.add(pid)
            child.poll()
            time.sleep(POLL_S)


def members(session: int) -> Set[int]:
    """The processes of a session that have not ended: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""
    found = set()
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open("/proc/%d/stat" % int(name)) as file:
                state, _, _, of = file.read().rpartition(")")[2].split()[:4]
            if int(of) == session and state != "Z":
                found.add(int(name))
    return found


def send(path: str) -> None:
    """Write the file's size and hash, and its bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in blocks(file.fileno()):
            digest.update(block)
        size = os.lseek(file.fileno(), 0, os.SEEK_END)
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        print(json.dumps({KEY: {"size": size, "sha256": digest.hexdigest()}}), flush=True)
        for block in blocks(file.fileno()):
            sys.stdout.buffer.write(block)
        sys.stdout.buffer.flush()


def blocks(descriptor: int) -> Iterator[bytes]:
    """The file, a piece at a time."""
    while True:
        block = os.read(descriptor, READ_BYTES)
        if not block:
            return
        yield block


def existing(folder: str) -> str:
    """The folder, or the nearest one above it that exists."""
    while not os.path.isdir(folder) and folder != "/":
        folder = os.path.dirname(folder)
    return folder


def content(folder: str) -> str:
    """`absent`, `environment` or `begun`, as a set-up left it; `other` where somebody else's files are in it."""
    try:
        names = set(os.listdir(folder))
    except FileNotFoundError:
        return "absent"
    except OSError:
        return "other"
    if names - OURS:
        return "other"
    return "environment" if "pyvenv.cfg" in names else "begun"


def machine() -> str:
    """As wheels name it: a 64-bit kernel may run a 32-bit system, as on many a Raspberry Pi."""
    found = platform.machine()
    if struct.calcsize("P") == 4:
        return {"aarch64": "armv7l", "armv8l": "armv7l", "x86_64": "i686"}.get(found, found)
    return found


def libc_version(root: str) -> Tuple[str, str]:
    """The C library, by which wheels differ: glibc with its version, or musl."""
    name, version = platform.libc_ver()
    if name == "glibc":
        return name, version
    loaders = glob.glob(os.path.join(root, "lib/ld-musl-*"))
    return ("musl", "") if loaders else ("unknown", "")


def bundled_pip() -> Optional[str]:
    """The version of the pip that an environment would get; None where this Python can make none."""
    try:
        import ensurepip
        import venv  # noqa: F401

        return ensurepip.version()
    except ImportError:
        return None


def which(root: str, *names: str) -> Optional[str]:
    """The first of the programs that there is."""
    path = os.pathsep.join([os.environ.get("PATH", "")] + [os.path.join(root, one.lstrip("/")) for one in PATHS])
    return next((found for found in (shutil.which(name, path=path) for name in names) if found), None)


def nvcc_path(root: str) -> Optional[str]:
    """CUDA's compiler, also where no path leads to it."""
    found = which(root, "nvcc")
    others = sorted(glob.glob(os.path.join(root, "usr/local/cuda-*/bin/nvcc")))
    return found or (others[-1] if others else None)


def cuda_version(nvcc: str) -> Optional[str]:
    """Its version, such as 12.6."""
    try:
        told = subprocess.run([nvcc, "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=ASK_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(rb"release (\d{1,4}\.\d{1,4})", told.stdout[:READ_BYTES])
    return found.group(1).decode() if found else None


def has_vulkan(root: str) -> bool:
    """Whether Vulkan's headers and its loader are here."""
    header = os.path.exists(os.path.join(root, "usr/include/vulkan/vulkan.h"))
    return header and ctypes.util.find_library("vulkan") is not None


def instructions(cpuinfo: str) -> str:
    """A hash of what the processors can do: a library that was built for one runs on its equals."""
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    known = {
        (name.strip().lower(), " ".join(sorted(value.split())))
        for name, _, value in lines
        if name.strip().lower() in INSTRUCTIONS
    }
    return hashlib.sha256(repr(sorted(known)).encode()).hexdigest()[:16]


def memory_bytes(meminfo: str) -> Optional[int]:
    """All memory."""
    found = re.search(r"^MemTotal:\s+(\d{1,15}) kB", meminfo, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else None


def index_url() -> str:
    """Where pip would look for packages."""
    named = os.environ.get("PIP_INDEX_URL")
    for path in ("~/.pip/pip.conf", "~/.config/pip/pip.conf", "/etc/pip.conf"):
        if named:
            return named
        parser = ConfigParser(interpolation=None)
        with contextlib.suppress(OSError, Error, UnicodeDecodeError):
            parser.read(os.path.expanduser(path))
        for section in ("install", "global"):
            named = named or parser.get(section, "index-url", fallback=None)
    return named or INDEX


def reaches(url: str) -> bool:
    """Whether the index answers at all; what it answers is pip's affair."""
    if os.environ.get("PIP_NO_INDEX"):
        return False
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=REACH_S).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True


def read(root: str, path: str) -> str:
    """The beginning of one of the kernel's files; empty where there is none."""
    try:
        with open(os.path.join(root, path), "rb") as file:
            return file.read(READ_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


if __name__ == "__main__":
    main()
