"""What this host's pip fetches for a board that reaches no index: here from a folder, and never from a network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bare_boards import PI
from stand_in_wheels import LIBRARIES, write_all, write_library, write_source

from configspec.devices.setup.downloads import BUILD_NEEDED, Downloads, build_requirements, platforms_of
from configspec.errors import UsageError


def test_a_board_takes_wheels_for_its_libc_and_older():
    """Of glibc 2.36 those down to 2.17; a name that pip is not told, it does not take."""
    names = platforms_of(PI)
    assert names[:2] == ["linux_aarch64", "manylinux_2_36_aarch64"]
    assert names[-2:] == ["manylinux_2_17_aarch64", "manylinux2014_aarch64"]
    assert "manylinux_2_37_aarch64" not in names
    assert platforms_of(replace(PI, libc="musl", libc_version=""))[1:] == [
        "musllinux_1_2_aarch64",
        "musllinux_1_1_aarch64",
    ]


def test_a_source_says_what_it_is_built_with(tmp_path: Path):
    """Else it is what llama-cpp-python needs."""
    assert build_requirements(write_source(tmp_path)) == ()
    (tmp_path / "other.tar.gz").write_bytes(b"no archive")
    assert build_requirements(tmp_path / "other.tar.gz") == BUILD_NEEDED


@pytest.mark.real
def test_everything_for_a_board_comes_out_of_a_folder(tmp_path: Path):
    """For its machine and its Python, whatever this host is."""
    wheels, folder = write_all(tmp_path / "wheels"), tmp_path / "fetched"
    (wheels / "numpy-9.0-py3-none-any.whl").unlink()
    write_library(wheels, "numpy", "2.0", "cp311-cp311-manylinux_2_17_aarch64")
    write_library(wheels, "numpy", "3.0", "cp312-cp312-manylinux_2_17_aarch64")
    downloads = Downloads(board=PI, folder=folder, wheels=wheels)
    folder.mkdir()
    downloads.libraries(pip=False)
    downloads.source("llama-cpp-python==0.3.36")
    names = {path.name for path in folder.iterdir()}
    assert "numpy-2.0-cp311-cp311-manylinux_2_17_aarch64.whl" in names
    assert len(names) == len(LIBRARIES) + 1


@pytest.mark.real
def test_what_cannot_be_had_is_said(tmp_path: Path):
    """With the board's Python and machine, and what would do."""
    downloads = Downloads(board=replace(PI, machine="armv7l"), folder=tmp_path, wheels=tmp_path)
    with pytest.raises(UsageError, match=r"for Python 3\.11\.2 on armv7l: .*No matching distribution.*--wheels FOLDER"):
        downloads.libraries(pip=False)
    with pytest.raises(UsageError, match="neither a wheel for the board nor the source"):
        downloads.source("llama-cpp-python==0.3.36")
