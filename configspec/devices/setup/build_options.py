"""How llama.cpp is built for a board: for its GPU where the tools for that are there, else for its processor.

https://github.com/ggml-org/llama.cpp/blob/master/docs/build.md. Each GPU of a Jetson has one architecture of CUDA:
https://developer.nvidia.com/cuda-gpus. Naming it keeps the build from being one for all, which takes hours there.
"""

from __future__ import annotations

from configspec.devices.setup.board import Accelerator, Board
from configspec.errors import UsageError

# A name of the device tree -> CUDA's architecture.
TEGRA = {
    "nvidia,tegra210": "53",  # Nano, TX1
    "nvidia,tegra186": "62",  # TX2
    "nvidia,tegra194": "72",  # Xavier
    "nvidia,tegra234": "87",  # Orin
    "nvidia,tegra264": "110",  # Thor
}
GIGABYTE = 1_000_000_000
# Memory that one compiler takes, at most: several at once are what ends a build on a small board.
COMPILER_BYTES: dict[Accelerator, int] = {"cpu": 1 * GIGABYTE, "vulkan": 1 * GIGABYTE, "cuda": 3 * GIGABYTE}
LACKING: dict[Accelerator, str] = {
    "cuda": "CUDA's compiler, nvcc, is neither in the path nor in /usr/local/cuda/bin. On a Jetson: "
    "sudo apt install nvidia-jetpack",
    "vulkan": "Vulkan's headers, its loader or glslc are missing. On Debian: sudo apt install libvulkan-dev glslc",
    "cpu": "",
}


def accelerator(board: Board, asked: Accelerator | None) -> Accelerator:
    """What to build for: what was asked for, else what there are tools for.

    Raises:
        UsageError: The tools for what was asked for are missing.
    """
    can: list[Accelerator] = []
    if board.nvcc is not None:
        can.append("cuda")
    if board.vulkan and board.glslc is not None:
        can.append("vulkan")
    can.append("cpu")
    if asked is not None and asked not in can:
        raise UsageError(f"llama.cpp cannot be built for {asked} there: {LACKING[asked]}. Or leave --accelerator out.")
    return can[0] if asked is None else asked


def cmake_args(board: Board, chosen: Accelerator) -> str:
    """The options for llama-cpp-python's build, as `CMAKE_ARGS` takes them: separated by blanks."""
    options = ["-DGGML_NATIVE=ON"]
    if chosen == "vulkan":
        options.append("-DGGML_VULKAN=ON")
    elif chosen == "cuda":
        assert board.nvcc is not None
        options += ["-DGGML_CUDA=ON", f"-DCMAKE_CUDA_COMPILER={board.nvcc}"]
        known = [TEGRA[name] for name in board.compatible if name in TEGRA]
        options += [f"-DCMAKE_CUDA_ARCHITECTURES={one}" for one in known[:1]]
    return " ".join(options)


def jobs(board: Board, chosen: Accelerator) -> int:
    """How many compilers run at once: one a core, as far as memory goes."""
    if board.memory_bytes is None:
        return 1
    return max(1, min(board.cores, board.memory_bytes // COMPILER_BYTES[chosen]))
