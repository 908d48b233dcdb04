"""Which llama-cpp-python this host has, without importing it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from configspec.errors import UsageError


def llama_cpp_version(need: str) -> str:
    """The version of llama-cpp-python; `need` begins the message where there is none: "Quantising".

    Raises:
        UsageError: It is not installed.

    """
    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        raise UsageError(f"{need} needs llama-cpp-python: pip install 'configspec[llama]'.") from None
