"""Where a device's environment belongs, and with which Python it is made, by what devices.yaml says."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace

from configspec.devices.transport.connect import interpreter
from configspec.devices.transport.ssh.upload import Interpreter
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec

NAME = "configspec"
SYSTEM = ("/bin", "/usr/bin", "/usr/local/bin")
INTERPRETERS = ("python", "python3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """`folder`, `~/` being the home folder there, and `base`, the Python that makes the environment in it."""

    folder: str
    base: Interpreter

    @property
    def python(self) -> str:
        """The environment's own interpreter."""
        return f"{self.folder}/bin/python"


def environment(spec: DeviceSpec) -> Environment:
    """The environment that `python` names; where it names a system's interpreter, or none, one in the home folder.

    Raises:
        UsageError: There is no board, or its Python is started by another program.
    """
    if spec.connection is None:
        raise UsageError(f"{spec.name}: a device of recorded figures has no board to set up.")
    words = spec.python or ()
    if len(words) > 1:
        declared = interpreter(spec)
        raise UsageError(
            f"{spec.name}: its `python`, {declared}, is started by {words[0]}, whose environment it has: there is none "
            f"to make. Install what it needs there: {declared} -m pip install llama-cpp-python"
        )
    default = f"{spec.agent_folder or '~'}/{NAME}"
    if not words or not _is_environment(words[0]):
        return Environment(folder=default, base=interpreter(spec))
    folder = posixpath.dirname(posixpath.dirname(words[0]))
    unnamed = interpreter(replace(spec, python=None))
    return Environment(folder=folder, base=unnamed)


def _is_environment(path: str) -> bool:
    folder, name = posixpath.split(path)
    return name in INTERPRETERS and folder.endswith("/bin") and folder not in SYSTEM
