"""From what the inventory declares to an open target; a kind's libraries are imported when one of it is opened."""

from __future__ import annotations

from importlib import metadata

from configspec.errors import UsageError
from configspec.targets.target import Target
from configspec.testbed.specs import TargetSpec


def open_target(spec: TargetSpec) -> Target:
    """The target of `spec`, loaded or probed; close it when done.

    Raises:
        UsageError: It cannot be opened before something is changed: a path, an installation, a key.
        TestbedError: A server misbehaves.
    """
    if spec.transformers is not None:
        from configspec.targets.transformers_target import TransformersTarget

        return TransformersTarget(spec)
    if spec.gguf is not None:
        from configspec.targets.llama_target import LlamaTarget

        return LlamaTarget(spec)
    if spec.server is not None:
        from configspec.targets.server.server_target import ServerTarget

        return ServerTarget(spec.server)
    raise AssertionError("a hub entry is resolved before a target is opened")


def target_runtime(spec: TargetSpec) -> str:
    """What will compute the target, as its `runtime` says, without opening it.

    Raises:
        UsageError: What it needs is not installed.
    """
    if spec.transformers is not None:
        from configspec.targets.transformers_target import runtime_version

        return runtime_version()
    if spec.gguf is not None:
        try:
            return f"llama-cpp-python {metadata.version('llama-cpp-python')}"
        except metadata.PackageNotFoundError:
            raise UsageError("A GGUF target needs llama-cpp-python: pip install 'configspec[llama]'.") from None
    if spec.server is not None:
        from configspec.targets.server.server_target import server_runtime

        return server_runtime(spec.server)
    raise AssertionError("a hub entry is resolved before a target is opened")
