"""How this host's llama-server is told what to draft, by its own help."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from configspec.targets.server.llama_server_flags import SPELLINGS, flags_in, installed_spelling, spelling_in

SPEC, DRAFT = SPELLINGS
# In the form of common_arg::to_string() in llama.cpp's common/arg.cpp, texts shortened.
OLDER = """\
----- common params -----

-h,    --help, --usage                  print usage and exit
-t,    --threads N                      number of threads, as --threads-batch --spec-type has it
----- example-specific params -----

--draft-max, --draft, --draft-n N       number of tokens to draft for speculative decoding (default: 16)
                                        (env: LLAMA_ARG_DRAFT_MAX)
--draft-min, --draft-n-min N            minimum number of draft tokens to use
--draft-p-min P                         minimum speculative decoding probability (greedy) (default: 0.8)
-md,   --model-draft FNAME              draft model for speculative decoding (default: unused)
"""
NEWER = """\
--spec-draft-n-max N                    number of tokens to draft for speculative decoding (default: 3)
                                        (env: LLAMA_ARG_SPEC_DRAFT_N_MAX)
--spec-draft-p-min, --draft-p-min P     minimum speculative decoding probability (greedy) (default: 0.00)
--spec-draft-model, -md, --model-draft FNAME
                                        draft model for speculative decoding (default: unused)
--spec-type none,draft-simple,draft-eagle3,ngram-mod
                                        comma-separated list of types of speculative decoding to use (default:
                                        none)
--draft, --draft-n, --draft-max N       the argument has been removed. use --spec-draft-n-max or
                                        --spec-ngram-mod-n-max
"""


def test_flags_are_those_before_the_explanation():
    """A flag that an explanation names is none of the program's; a long option has a line of its own."""
    assert flags_in(OLDER) == {
        *("-h", "--help", "--usage", "-t", "--threads", "-md", "--model-draft"),
        *("--draft-max", "--draft", "--draft-n", "--draft-min", "--draft-n-min", "--draft-p-min"),
    }
    assert {"--spec-draft-model", "-md", "--spec-type"} <= flags_in(NEWER)


def test_a_flag_that_was_removed_is_not_known():
    """A newer build lists it, and ends with an error where it is given."""
    assert "--draft-max" not in flags_in(NEWER)


@pytest.mark.parametrize(("told", "wanted"), [(OLDER, DRAFT), (NEWER, SPEC), ("", None), ("-h  help", None)])
def test_the_newest_spelling_that_the_help_lists_whole(told, wanted):
    """None where it lists none."""
    assert spelling_in(told) is wanted


def test_k_is_what_is_drafted():
    """And drafting does not stop before it."""
    assert DRAFT.arguments(6) == ("--draft-max", "6", "--draft-p-min", "0")
    assert "draft-simple" in SPEC.arguments(6)


def program(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A llama-server of one's own, first on the PATH."""
    path = folder / "llama-server"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_program_on_the_path_is_asked(tmp_path, monkeypatch):
    """For its help, and nothing else."""
    (tmp_path / "help.txt").write_text(OLDER, encoding="utf-8")
    program(tmp_path, f'[ "$*" = --help ] && cat {tmp_path}/help.txt', monkeypatch)
    assert installed_spelling() is DRAFT


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$", "yes", "exec sleep 60", "printf '\\377\\000-md'"])
def test_a_program_that_does_not_say_is_none(script, tmp_path, monkeypatch):
    """Failed, killed, without end, hung, or no text: nothing is known, and the run goes on."""
    program(tmp_path, script, monkeypatch)
    assert installed_spelling(timeout_s=0.3) is None


def test_no_program_is_none(tmp_path, monkeypatch):
    """Nor is a folder of its name."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "llama-server").mkdir()
    assert installed_spelling() is None
