"""The first devices.yaml of a testbed is one that the program takes, and says what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from configspec.errors import UsageError
from configspec.scaffold.new_testbed import (
    NewDevice,
    Seen,
    checked,
    devices_yaml,
    has_pytest_config,
    known_families,
    new_device,
)
from configspec.testbed.read import read_inventory

text = st.text(max_size=30)
devices = st.builds(NewDevice, name=text, destination=st.none() | text)


@given(st.lists(devices, min_size=1, max_size=4, unique_by=lambda one: one.name), text, st.booleans())
def test_what_is_asked_for_is_what_the_file_says_or_a_usage_error(some, words, meter):
    """Whatever the names are: quotes, line ends, words of YAML. What a device said is a comment, and nothing more."""
    seen = {one.name: Seen(words=words, meter=meter) for one in some}
    written = devices_yaml(some, [], seen)
    try:
        specs = checked(written, Path())
    except (UsageError, yaml.YAMLError):
        return
    assert {name: spec.connection for name, spec in specs.devices.items()} == {
        name: spec.connection for name, spec in checked(devices_yaml(some, [], {}), Path()).devices.items()
    }
    assert list(specs.devices) == [one.name for one in some]
    assert all((spec.power is not None) == meter for spec in specs.devices.values())


@given(st.lists(devices, min_size=1, max_size=4, unique_by=lambda one: one.name))
def test_every_name_can_be_read_back(some):
    """YAML takes the file, and has the names and destinations as they were given."""
    document = yaml.safe_load(devices_yaml(some, [], {}))
    assert list(document["devices"]) == [one.name for one in some]
    found = [one["connection"] for one in document["devices"].values()]
    assert found == ["local" if one.destination is None else {"ssh": one.destination} for one in some]


@pytest.mark.parametrize("family", known_families())
def test_each_known_family_makes_a_testbed(tmp_path, family):
    """It is read as any other, with its drafts; the comments are part of the file."""
    path = tmp_path / "devices.yaml"
    path.write_text(devices_yaml([NewDevice(name="orin", destination="orin-01")], [family], {}), encoding="utf-8")
    found = read_inventory(path)
    assert list(found.families) == [family]
    assert len(found.families[family].drafts) >= 2
    assert "&" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "device"),
    [
        ("here=local", NewDevice(name="here")),
        ("orin=ssh:orin-01", NewDevice(name="orin", destination="orin-01")),
        ("pi=ssh:me@10.0.0.7", NewDevice(name="pi", destination="me@10.0.0.7")),
        ("a=ssh:b=c", NewDevice(name="a", destination="b=c")),
    ],
)
def test_a_device_is_a_name_and_where_it_is(given, device):
    """As `--device` takes it."""
    assert new_device(given) == device


@pytest.mark.parametrize("given", ["", "orin", "=local", "orin=", "orin=ssh:", "orin=usb", "orin:ssh=x", "a\n=b"])
def test_anything_else_is_a_usage_error(given):
    """With an example."""
    with pytest.raises(UsageError, match="orin=ssh:orin-01"):
        new_device(given)


@pytest.mark.parametrize(
    ("some", "families", "told"),
    [
        ([NewDevice(name="a"), NewDevice(name="a")], [], "'a' 2 times"),
        ([NewDevice(name="a")], ["llama-3.1-70"], "Did you mean 'llama-3.1-70b'"),
    ],
)
def test_what_cannot_be_is_told(some, families, told):
    """Before anything is written."""
    with pytest.raises(UsageError, match=told):
        devices_yaml(some, families, {})


@pytest.mark.parametrize(
    ("name", "content", "has"),
    [
        ("pytest.ini", "", True),
        ("pyproject.toml", "[tool.pytest.ini_options]\n", True),
        ("pyproject.toml", "[project]\n", False),
        ("tox.ini", "[pytest]\n", True),
        ("setup.cfg", "[metadata]\n", False),
    ],
)
def test_pytests_own_configuration_is_recognised(tmp_path, name, content, has):
    """Where pytest looks for it."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert has_pytest_config(tmp_path) is has
