"""What a run says through pytest, when boards, servers and files call themselves what they like."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from damage import civil

HOSTILE = "\x1b[31mred\x07 a\u202eb\n::error::forged\r<img src=x>\ud800"
HARMLESS = r"\x1b[31mred\x07 a\u202eb\n::error::forged\r<img src=x>\ud800"


def printed(result: pytest.RunResult) -> str:
    """All that the run wrote, which moves no terminal."""
    text = str(result.stdout) + str(result.stderr)
    civil(0, text)
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    return text


def test_a_run_shows_what_a_profile_says_harmlessly(testbed, pytester):
    """In the rankings and in the results of JUnit."""
    profile = json.loads(Path("profile.json").read_text())
    for device in profile["devices"].values():
        for cell in device["cells"]:
            cell["power_reason"] = "without power \x1b[31m a\u202eb\n::error::forged"
    Path("profile.json").write_text(json.dumps(profile))
    result = pytester.runpytest("--device", "fast", "--junit-xml=j.xml", "--benchmark-json=r.json")
    assert result.ret == 0
    assert r"without power \x1b[31m a\u202eb\n::error::forged" in printed(result)
    ElementTree.parse("j.xml")


def test_an_error_of_ours_is_shown_harmlessly(testbed, pytester):
    """Each of its lines, at the test and in the results of JUnit."""
    pytester.makepyfile(
        test_bench=f"""
        from configspec.errors import TestbedError

        def test_configuration(hil_benchmark):
            raise TestbedError("two lines:", {HOSTILE!r})
        """
    )
    result = pytester.runpytest("--device", "fast", "--k", "4", "--junit-xml=j.xml")
    assert result.ret == 1
    lines = printed(result).splitlines()
    assert "two lines:" in lines
    assert HARMLESS in lines
    text = "".join(ElementTree.parse("j.xml").getroot().itertext())
    assert HARMLESS in text


def test_a_usage_error_is_shown_harmlessly(testbed, pytester):
    """Before anything is measured."""
    result = pytester.runpytest("--device", "fast\x1b[2J\nforged")
    assert result.ret == 4
    assert "forged" not in printed(result).splitlines()


def test_the_name_of_a_file_is_shown_harmlessly(testbed, pytester):
    """In the header, and at the end."""
    Path("devices.yaml").rename("devices\x1b[31m.yaml")
    flags = ["--inventory=devices\x1b[31m.yaml", "--journal=j\u202e.jsonl"]
    result = pytester.runpytest("--device", "fast", *flags)
    assert result.ret == 0
    text = printed(result).replace(f"{testbed}/", "")
    assert r"(devices\x1b[31m.yaml)" in text
    assert r"in the journal j\u202e.jsonl" in text


def test_an_anonymous_run_keeps_facts_and_loses_names(testbed, pytester, monkeypatch):
    """Whose account and whose host have names that words of the file have, too."""
    monkeypatch.setenv("LOGNAME", "pi")
    monkeypatch.setattr("socket.gethostname", lambda: "nano-7.lab")
    monkeypatch.setattr("platform.node", lambda: "nano-7.lab")
    monkeypatch.setenv("HOME", "/home/pi")
    profile = json.loads(Path("profile.json").read_text())
    profile["source"] = "raspberry pi 5 by pi@rpi on nano-7, see /home/pi/notes"
    Path("profile.json").write_text(json.dumps(profile))
    result = pytester.runpytest("--device", "fast", "--anonymous", "--benchmark-json=r.json", "--journal=j.jsonl")
    assert result.ret == 0
    results = json.loads(Path("r.json").read_text())
    assert results["machine_info"]["node"] == "<host>"
    for name in ("r.json", "j.jsonl"):
        text = Path(name).read_text()
        assert "raspberry pi 5 by <user>@rpi on <host>, see ~/notes" in text
        assert "nano-7" not in text
        assert "/home/pi" not in text
    again = pytester.runpytest("--device", "fast", "--anonymous", "--resume=j.jsonl")
    assert again.parseoutcomes() == {"resumed": 6}  # what is left out of a row is no change of it
