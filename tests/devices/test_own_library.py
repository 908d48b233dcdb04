"""`llama_cpp: {library: PATH}`: a build that fits is used, and what is none is one usage error."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from configspec.agent.llama.own_library import FILLED_IN, NAME, NEEDED, VARIABLE, check_own, find_own
from configspec.agent.protocol import AgentError
from configspec.devices.device import open_device
from configspec.devices.probe import probe
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec
from configspec.testbed.read import read_inventory


class Declared(ctypes.Structure):
    """A structure as one version has it."""

    _fields_ = (("split_mode", ctypes.c_int), ("main_gpu", ctypes.c_int), ("use_extra_bufts", ctypes.c_bool))


class Function:
    """One of a library's, that returns these values in the structure that it is told to."""

    def __init__(self, values: tuple[int, ...]) -> None:
        self.restype: Any = Declared
        self._values = values

    def __call__(self) -> Any:
        made = self.restype()
        for (field, _), value in zip(Declared._fields_, self._values, strict=True):
            setattr(made.declared, field, value)
        return made


def fills_in(*values: int, version: str = "0.5.0-dev", file: str = "/nowhere/llama_cpp.py") -> SimpleNamespace:
    """llama-cpp-python's declarations, and a library that fills its structure in so."""
    function = Function(values)
    return SimpleNamespace(
        __file__=file,
        _lib=SimpleNamespace(llama_model_default_params=function),
        llama_model_default_params=function,
        llama_version=version.encode,
    )


@pytest.fixture
def one_structure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the two, the model's."""
    monkeypatch.delitem(FILLED_IN, "llama_context_default_params")


@pytest.mark.usefixtures("one_structure")
def test_structures_that_fit_are_taken():
    """What llama.cpp fills in lies where it is declared."""
    check_own("/x", fills_in(1, 0, 1))


@pytest.mark.usefixtures("one_structure")
@pytest.mark.parametrize(
    ("values", "told"),
    [((0, 1, 1), "its split_mode is 0"), ((1, 0, 0), "its use_extra_bufts is False")],
)
def test_structures_of_another_version_are_refused(values, told):
    """Shifted, or shorter."""
    with pytest.raises(AgentError) as refused:
        check_own("/x", fills_in(*values))
    assert told in str(refused.value.found)


@pytest.mark.usefixtures("one_structure")
def test_a_library_of_another_version_is_refused(tmp_path):
    """llama-cpp-python's own tells by its file's name for which it is made."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libllama.so.0.5.0").touch()
    file = str(tmp_path / "llama_cpp.py")
    check_own("/x", fills_in(1, 0, 1, file=file))
    with pytest.raises(AgentError) as refused:
        check_own("/x", fills_in(1, 0, 1, version="0.6.0", file=file))
    assert refused.value.found == "it is libllama 0.6.0, and this llama-cpp-python is made for 0.5.0"


def test_what_is_no_library_is_refused(tmp_path, monkeypatch):
    """By its path, with what is wrong with it."""
    for path, told in (
        (tmp_path / "libother.so", "it is not called libllama.so"),
        (tmp_path / "missing" / NAME, "No such file"),
        (tmp_path, "No such file"),
    ):
        monkeypatch.setenv(VARIABLE, str(path))
        with pytest.raises(AgentError) as refused:
            find_own()
        assert told in str(refused.value.found)
    (tmp_path / NAME).write_bytes(b"no library")
    with pytest.raises(AgentError, match="cannot be used"):
        find_own()


@pytest.mark.real
def test_a_library_that_lacks_functions_is_refused(tmp_path, agent_cache):
    """Before llama-cpp-python is loaded with it: one line of the table, with the first of them."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler here")
    source = tmp_path / "old.c"
    source.write_text("void llama_get_memory(void) {}\n", encoding="utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / NAME, source], check=True)
    spec = DeviceSpec(name="orin", connection="local", llama_cpp=LlamaCppSpec(library=str(tmp_path / NAME)))
    with probe([spec], agent_cache, timeout_s=60.0, models={}) as (found,):
        assert found.state == "unconfigured"
        assert f"`llama_cpp.library`, {tmp_path / NAME}, cannot be used: it lacks {NEEDED[1]}" in found.reasons[0]


@pytest.mark.real
def test_an_own_build_is_used_and_told(tmp_path, agent_cache, tiny_gguf):
    """Its version has a hash of it, so that rows of other builds do not compare."""
    llama_cpp = pytest.importorskip("llama_cpp")
    shutil.copytree(Path(llama_cpp.__file__).parent / "lib", tmp_path / "own", symlinks=True)
    spec = DeviceSpec(
        name="here", connection="local", llama_cpp=LlamaCppSpec(threads=1, library=str(tmp_path / "own" / NAME))
    )
    with open_device(spec, agent_cache) as device:
        assert device.open_model(tiny_gguf).vocabulary
        maps = Path(f"/proc/{device.hello.pid}/maps").read_text(encoding="utf-8")
        assert str(tmp_path / "own" / NAME) in maps
        version = device.describe().llama_cpp_version
    assert version is not None
    assert version.startswith(f"{llama_cpp.__version__}, own build ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "devices: {a: {connection: local, llama_cpp: {library: [/a/libllama.so, /b/libllama.so]}}}",
            "Declare a device",
        ),
        ("devices: {a: {connection: local, llama_cpp: {library: relative}}}", "library"),
    ],
)
def test_a_library_is_one_path_on_the_device(tmp_path, text, told):
    """It is no setting of a cell."""
    (tmp_path / "devices.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        read_inventory(tmp_path / "devices.yaml")
    assert "library" not in LlamaCppSpec(library="/a/libllama.so").chosen()
