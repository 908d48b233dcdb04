"""Whether the llama.cpp of a board can use the GPU that is declared for it."""

from __future__ import annotations

from configspec.devices.transport.connect import interpreter
from configspec.records.facts import DeviceFacts
from configspec.testbed.device_spec import DeviceSpec


def lacking_gpu(spec: DeviceSpec, facts: DeviceFacts) -> str | None:
    """What a GPU is declared for, what its build has, and the command that builds another; None where all is well.

    llama.cpp would use the CPU without a word.
    """
    declared = spec.llama_cpp.of_gpu()
    if declared is None or facts.llama_cpp_reason is not None or facts.gpu_offload is not False:
        return None
    has = ", ".join(facts.llama_devices or ()) or "no devices"
    nvidia = any(name in (facts.board or "") for name in ("NVIDIA", "Jetson"))
    build = f'CMAKE_ARGS="-DGGML_{"CUDA" if nvidia else "VULKAN"}=on" {interpreter(spec)} -m pip install'
    return (
        f"llama_cpp.{declared}, and its llama.cpp was built without a GPU back end, or finds no GPU: it has {has}. "
        f"There: {build} --force-reinstall --no-cache-dir llama-cpp-python; or declare `gpu_layers: 0`"
    )
