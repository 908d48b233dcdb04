"""Boards as the program on them describes them, for plans that are made without one."""

from __future__ import annotations

from dataclasses import replace

from configspec.devices.setup.board import Board

PI = Board(
    python="3.11.2",
    executable="/usr/bin/python3",
    tag="cp311",
    machine="aarch64",
    libc="glibc",
    libc_version="2.36",
    pip="23.0.1",
    compiler="/usr/bin/c++",
    nvcc=None,
    cuda=None,
    glslc=None,
    vulkan=False,
    compatible=("raspberrypi,5-model-b", "brcm,bcm2712"),
    instructions="0123456789abcdef",
    cores=4,
    memory_bytes=8_000_000_000,
    folder="/home/pi/configspec",
    content="absent",
    parent="/home/pi",
    writable=True,
    free_bytes=20_000_000_000,
    online=True,
)
ORIN = replace(
    PI,
    python="3.10.12",
    tag="cp310",
    libc_version="2.35",
    pip="22.0.2",
    nvcc="/usr/local/cuda/bin/nvcc",
    cuda="12.6",
    compatible=("nvidia,p3768-0000+p3767-0005-super", "nvidia,p3767-0005", "nvidia,tegra234"),
    instructions="fedcba9876543210",
    cores=6,
    folder="/home/nvidia/configspec",
    parent="/home/nvidia",
)
