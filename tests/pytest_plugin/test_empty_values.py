"""An empty value is what is left of a variable that is not set: an error, and never the same as no option."""

from __future__ import annotations

from pathlib import Path

import pytest

from configspec.pytest_plugin.options import OPTIONS

pytestmark = pytest.mark.real

VALUED = [one for one in OPTIONS if one.attributes.get("action") != "store_true"]
FREE = [one for one in VALUED if "choices" not in one.attributes]  # argparse refuses an empty choice
IN_FILE = [one for one in OPTIONS if one.ini is not None]


def refused(result: pytest.RunResult, name: str, testbed: Path) -> bool:
    """Whether nothing was done, and the message names what is empty."""
    told = result.stderr.str()
    assert "Traceback" not in told + result.stdout.str()
    assert f"ERROR: {name}" in told, told
    return result.ret == pytest.ExitCode.USAGE_ERROR and not Path(testbed, ".configspec").exists()


@pytest.mark.parametrize("option", FREE, ids=lambda one: one.name)
def test_an_empty_option_is_refused(testbed, pytester, option):
    """`--draft "$DRAFT"` without a DRAFT must not measure every draft."""
    blank = " \t" if option.name in ("k", "quant") else ""
    result = pytester.runpytest("--device", "fast", f"{option.short}={blank}")
    assert refused(result, f"{option.short} is empty", testbed)


def test_one_of_several_values_counts(testbed, pytester):
    """A repeatable option, of which one says nothing, though another one does."""
    result = pytester.runpytest("--device", "fast", "--draft", "*", "--draft", " , ")
    assert refused(result, "--draft is empty", testbed)


@pytest.mark.parametrize("option", IN_FILE, ids=lambda one: one.name)
def test_an_empty_line_of_the_ini_file_is_refused(testbed, pytester, option):
    """The message names the line; of a switch, it is pytest that finds no truth value in it."""
    device = () if option.name == "device" else ("--device", "fast")
    result = pytester.runpytest(*device, "-o", f"{option.key}=")
    assert refused(result, f"{option.key} in the pytest configuration", testbed)


def test_the_command_line_counts_where_both_are_given(testbed, pytester):
    """An empty line that another value takes the place of changes nothing."""
    result = pytester.runpytest("-o", "configspec_device=", "-o", "configspec_k=", "--device", "fast", "--k", "1")
    result.assert_outcomes(passed=2)


def test_a_comma_at_the_end_of_a_list_is_no_empty_value(testbed, pytester):
    """The list has a name."""
    pytester.runpytest("--device", "fast,", "--draft", "a,b,", "--k", "1").assert_outcomes(passed=2)
