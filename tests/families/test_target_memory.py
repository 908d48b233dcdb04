"""What a target takes of this host's memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.families.catalogue import models_of
from configspec.families.hub.hub import Hub
from configspec.families.memory import check_target_fits, cpu_bytes, host_memory_bytes
from configspec.families.sources.safetensors_folder import weight_sizes
from configspec.families.verify import verify
from configspec.testbed.family_spec import FamilySpec, TargetSpec
from configspec.testbed.llama_cpp_spec import LlamaCppSpec

MakeFolder = Callable[..., Path]


def test_a_transformers_target_takes_its_parameters_in_its_number_format(make_folder: MakeFolder) -> None:
    """Stored in bf16: 2 bytes each there, 4 where it is opened as float32."""
    folder = make_folder(shards=2)
    sizes = weight_sizes(folder)
    assert sizes.stored_bytes == 2 * sizes.parameters
    found = {dtype: cpu_bytes(TargetSpec(transformers=folder, dtype=dtype)) for dtype in ("float32", "float16", "auto")}
    assert found == {"float32": 4 * sizes.parameters, "float16": sizes.stored_bytes, "auto": sizes.stored_bytes}


def test_a_gguf_target_takes_its_files(tmp_path: Path) -> None:
    """Of all its shards."""
    for number in (1, 2):
        (tmp_path / f"m-{number:05}-of-00002.gguf").write_bytes(bytes(number * 100))
    target = TargetSpec(gguf=tmp_path / "m-00001-of-00002.gguf")
    assert cpu_bytes(target) == 300
    assert cpu_bytes(replace(target, llama_cpp=LlamaCppSpec(gpu_layers=-1))) is None


def test_a_target_that_does_not_fit_is_refused_with_both_figures(make_folder: MakeFolder) -> None:
    """Before it is opened; on a GPU the host's memory says nothing."""
    target = TargetSpec(transformers=make_folder())
    needed = cpu_bytes(target)
    assert needed is not None
    check_target_fits(target, needed)
    check_target_fits(target, None)
    with pytest.raises(UsageError, match=r"model needs [0-9.]+ MB for its weights alone.*this machine has 0\.10 MB"):
        check_target_fits(target, 100_000)
    check_target_fits(replace(target, device_map="cuda:0"), 100_000)


def test_verifying_warns_of_a_target_that_does_not_fit(make_folder: MakeFolder) -> None:
    """Its files are right; another machine may hold it."""
    target = TargetSpec(transformers=make_folder())
    family = FamilySpec(name="f", target=target, drafts={}, quants=("F16",))
    (found,) = verify(tuple(models_of(family, Hub())), target, 100_000)
    assert found.problem is None
    assert "for its weights alone" in found.warnings[0]


def test_the_kernel_tells_the_memory(tmp_path: Path) -> None:
    """MemTotal of /proc/meminfo, in units of 1,024 bytes; elsewhere it is not known."""
    (tmp_path / "meminfo").write_text("MemTotal:       65737240 kB\nMemFree:        1000 kB\n")
    assert host_memory_bytes(tmp_path / "meminfo") == 65_737_240 * 1024
    (tmp_path / "other").write_text("words\n")
    assert host_memory_bytes(tmp_path / "other") is None
    assert host_memory_bytes(tmp_path / "none") is None
