"""What is planned for a board, from what it is: nothing is asked of one."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace

import pytest
from bare_boards import ORIN, PI
from hypothesis import given, settings
from hypothesis import strategies as st

from configspec.devices.setup.board import ACCELERATORS, Board, numbers
from configspec.devices.setup.build_options import accelerator, cmake_args, jobs
from configspec.devices.setup.plan import Plan, check_means, check_python, make_plan
from configspec.devices.setup.procedure import steps, summary
from configspec.errors import TestbedError, UsageError

REQUIREMENT = "llama-cpp-python==0.3.36"
folders = st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=20)


def plan(board: Board, *, build: bool = True, offline: bool = False) -> Plan:
    chosen = accelerator(board, None)
    key = board.key(REQUIREMENT, chosen, cmake_args(board, chosen))
    return make_plan(board, REQUIREMENT, chosen, key, build=build, offline=offline)


def scripts(found: Plan) -> str:
    return "\n".join(step.script for step in steps(found))


def test_a_pi_is_built_for_its_processor():
    """Without any GPU, since it has no tools for one."""
    assert "CMAKE_ARGS=-DGGML_NATIVE=ON " in scripts(plan(PI))
    assert [step.name for step in steps(plan(PI))] == ["environment", "llama.cpp", "install"]


@pytest.mark.parametrize(
    ("chip", "architecture"),
    [("tegra194", "72"), ("tegra234", "87"), ("tegra264", "110")],
)
def test_a_jetson_is_built_for_its_gpu(chip, architecture):
    """By https://developer.nvidia.com/cuda-gpus; for no other one, which would take hours."""
    board = replace(ORIN, compatible=("nvidia,p1", f"nvidia,{chip}"))
    assert cmake_args(board, "cuda").split()[1:] == [
        "-DGGML_CUDA=ON",
        "-DCMAKE_CUDA_COMPILER=/usr/local/cuda/bin/nvcc",
        f"-DCMAKE_CUDA_ARCHITECTURES={architecture}",
    ]


def test_a_gpu_that_is_not_a_jetsons_is_left_to_cmake():
    """Which asks the GPU."""
    assert "ARCHITECTURES" not in cmake_args(replace(ORIN, compatible=()), "cuda")


@given(st.booleans(), st.booleans(), st.booleans())
def test_what_there_are_tools_for_is_chosen(nvcc, vulkan, glslc):
    """CUDA before Vulkan before the processor; Vulkan needs its headers and the compiler of shaders."""
    board = replace(PI, nvcc="/nvcc" if nvcc else None, vulkan=vulkan, glslc="/glslc" if glslc else None)
    expected = "cuda" if nvcc else "vulkan" if vulkan and glslc else "cpu"
    assert accelerator(board, None) == expected
    for asked in ACCELERATORS[ACCELERATORS.index(expected) :]:
        if asked == "cpu" or asked == expected:
            assert accelerator(board, asked) == asked


@pytest.mark.parametrize(("asked", "told"), [("cuda", "nvidia-jetpack"), ("vulkan", "libvulkan-dev glslc")])
def test_what_there_are_no_tools_for_is_refused(asked, told):
    """With what would bring them."""
    with pytest.raises(UsageError, match=told):
        accelerator(PI, asked)


@given(st.integers(1, 64), st.one_of(st.none(), st.integers(0, 2**40)), st.sampled_from(ACCELERATORS))
def test_no_more_compilers_than_cores_or_memory_for_them(cores, memory_bytes, chosen):
    """And one at least."""
    found = jobs(replace(PI, cores=cores, memory_bytes=memory_bytes), chosen)
    assert 1 <= found <= cores
    assert found == 1 or memory_bytes is not None
    assert found == 1 or memory_bytes >= found * 1_000_000_000


@settings(max_examples=10)
@given(folders)
def test_every_script_is_one_that_a_shell_reads(name):
    """Whatever the folder is called."""
    made = plan(replace(PI, folder=f"/srv/{name}/configspec", pip="20.0.2"), offline=True)
    texts = "\n".join(f"{step.script}\n{step.done}" for step in steps(made))
    assert subprocess.run(["sh", "-n", "-c", texts], capture_output=True, check=False).returncode == 0
    for step in steps(made):
        assert shlex.quote(f"/srv/{name}/configspec") in step.script or shlex.quote(made.python) in step.script


def test_a_board_that_asks_no_index_installs_from_what_was_sent():
    """Each use of pip, but the one that takes a file."""
    uses = [part for part in scripts(plan(PI, offline=True)).split("&&") if "-m pip" in part]
    assert len(uses) == 3
    assert all("--no-index" in part for part in uses)
    assert "--no-index" not in scripts(plan(PI)).replace("--no-deps --no-index", "")


def test_nothing_is_compiled_where_an_equal_has():
    """And no compiler is asked for."""
    found = plan(replace(PI, compiler=None), build=False)
    assert [step.name for step in steps(found)] == ["environment", "install"]
    assert "from this host" in summary(found)


def test_an_old_pip_is_replaced_first():
    """JetPack 5 brings 20.0.2, to which the wheels of today are unknown."""
    assert [step.name for step in steps(plan(replace(PI, python="3.8.10", pip="20.0.2")))][:2] == ["environment", "pip"]


UNLIKE = (
    replace(PI, machine="x86_64"),
    replace(PI, libc="musl"),
    replace(PI, libc_version="2.39"),
    replace(PI, tag="cp313"),
    replace(PI, instructions="another"),
)


@pytest.mark.parametrize("other", UNLIKE)
def test_unlike_boards_do_not_share(other):
    """A wheel of one may not start on the other."""
    assert other.key(REQUIREMENT, "cpu", "") != PI.key(REQUIREMENT, "cpu", "")


def test_equal_boards_share_whatever_they_are_called():
    """Folder, free space, memory and network are no part of what is built."""
    other = replace(
        PI, folder="/srv/x", parent="/srv", free_bytes=1, online=False, memory_bytes=None, nvcc="/n", cuda="1"
    )
    assert other.key(REQUIREMENT, "cpu", "") == PI.key(REQUIREMENT, "cpu", "")
    assert ORIN.key(REQUIREMENT, "cuda", "") != replace(ORIN, cuda="11.4").key(REQUIREMENT, "cuda", "")


@pytest.mark.parametrize(
    ("changes", "kind", "told"),
    [
        ({"python": "3.6.9"}, UsageError, r"is Python 3\.6\.9; 3\.8 or later is needed"),
        ({"pip": None}, UsageError, r"sudo apt install python3-venv \(or python3\.11-venv\)"),
        ({"content": "other"}, UsageError, "has files that are no environment"),
        ({"writable": False}, UsageError, "cannot be written by this account"),
        ({"compiler": None}, UsageError, "sudo apt install build-essential"),
        ({"free_bytes": 500_000_000}, TestbedError, "has 500 MB free, and about 1.20 GB are needed"),
    ],
)
def test_what_a_person_has_to_do_first_is_said_before_anything_is_done(changes, kind, told):
    """One error each, with what would do."""
    with pytest.raises(kind, match=told):
        plan(replace(PI, **changes))


def test_a_set_up_that_goes_on_needs_less_room():
    """What it has installed is on the disk already."""
    check_means(replace(PI, content="environment", free_bytes=1), "cpu", build=True)
    check_python(replace(PI, content="begun"))


@given(st.text(max_size=12))
def test_the_numbers_of_any_version(text):
    """None where it begins with none."""
    assert all(one >= 0 for one in numbers(text))
