"""Where a device's environment belongs, by what devices.yaml says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from configspec.devices.setup.place import environment
from configspec.errors import UsageError
from configspec.testbed.device_spec import DeviceSpec, ReplaySpec, SshSpec

SSH = SshSpec(destination="orin")


@pytest.mark.parametrize(
    ("python", "agent_folder", "folder", "base"),
    [
        (None, None, "~/configspec", "python3"),
        (None, "/data", "/data/configspec", "python3"),
        ("/usr/bin/python3", None, "~/configspec", "/usr/bin/python3"),
        ("/usr/bin/python3.11", None, "~/configspec", "/usr/bin/python3.11"),
        ("~/edge/bin/python", None, "~/edge", "python3"),
        ("/opt/edge/bin/python3", None, "/opt/edge", "python3"),
    ],
)
def test_an_environment_is_where_python_says(python, agent_folder, folder, base):
    """A system's interpreter makes one in the home folder, or where the agent is kept."""
    words = None if python is None else (python,)
    found = environment(DeviceSpec(name="orin", connection=SSH, python=words, agent_folder=agent_folder))
    assert (found.folder, found.base.words) == (folder, (base,))
    assert found.python == f"{folder}/bin/python"


def test_this_machine_makes_one_with_the_python_that_runs_here():
    """As it opens its agent with it."""
    assert environment(DeviceSpec(name="here", connection="local")).base.words == (sys.executable,)


def test_a_container_has_an_environment_of_its_own():
    """Nothing is made for it, and the command that installs there is told."""
    spec = DeviceSpec(name="orin", connection=SSH, python=("docker", "exec", "-i", "jetson", "python3"))
    with pytest.raises(UsageError, match=r"There|docker exec -i jetson python3 -m pip install llama-cpp-python"):
        environment(spec)


def test_recorded_figures_have_no_board():
    """One error."""
    profile = Path(__file__).parents[3] / "fixtures/profiles/configspec-paper.json"
    with pytest.raises(UsageError, match=r"^paper: a device of recorded figures has no board to set up\.$"):
        environment(DeviceSpec(name="paper", replay=ReplaySpec(profile=profile, device="jetson")))
