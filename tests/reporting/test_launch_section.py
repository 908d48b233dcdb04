"""What to paste, to serve what was chosen."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace

import pytest
from example_rows import measured_row, whole_row

from configspec.records.setup import named_parts
from configspec.reporting.document import Document
from configspec.reporting.launch_section import Launch, launch_section, launches, launches_json
from configspec.reporting.rows_to_rank import rows_to_rank
from configspec.reporting.run_document import run_report
from configspec.reporting.terminal import as_text
from configspec.selection.query import Query
from configspec.targets.server.llama_server_flags import SPELLINGS, Spelling

SPEC, DRAFT = SPELLINGS


@pytest.fixture
def found():
    """The launches of a board's two configurations."""
    rows = [whole_row(2), whole_row(4)]
    return launches(Query().answer(rows_to_rank(rows)), ((row.id, named_parts(row)) for row in rows))


def test_a_configuration_stands_once_with_all_that_it_is_best_by(found):
    """Objectives that cannot be ranked choose nothing."""
    names = [name for one in found for name in one.objectives]
    assert sorted(names) == ["cost", "goodput"]
    assert len({one.id for one in found}) == len(found)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_arguments_have_k_and_what_the_draft_was_opened_with(found, spelling):
    """Tokens per round, layers on the GPU, threads."""
    for one in found:
        told = one.llama_server(spelling)
        assert told[0] == "llama-server"
        assert str(one.id.k) == told[told.index(spelling.words[spelling.words.index("{k}") - 1]) + 1]
        assert [*told[-4:]] == ["-ngld", "0", "-td", "4"]


def test_settings_of_the_draft_alone_are_arguments_too(found):
    """Those that llama-server has for it; what the target would get as well is told in the heading, where it varies."""
    settings = {"cache_type_k": "q8_0", "devices": ("CUDA0", "CUDA1"), "cpu_moe_layers": 3, "flash_attention": "off"}
    told = replace(found[0], settings=settings).llama_server(SPEC)
    assert told[told.index("-td") + 2 :] == ("-devd", "CUDA0,CUDA1", "-ncmoed", "3", "-ctkd", "q8_0")


def test_what_is_not_known_is_no_argument():
    """Recorded figures say nothing of threads."""
    rows = [measured_row(2)]
    (one,) = launches(Query().answer(rows_to_rank(rows)), ())
    assert "-td" not in one.llama_server(SPEC)
    assert "-ngld" not in one.llama_server(SPEC)


def test_lines_can_be_pasted_into_a_shell(found):
    """They are words of a shell, and vLLM's value is JSON."""
    text = as_text_of(found, None)
    (line, *_) = [line for line in text.splitlines() if "vllm serve" in line]
    words = shlex.split(line)
    assert words[:4] == ["vllm", "serve", "TARGET", "--speculative-config"]
    assert json.loads(words[4])["num_speculative_tokens"] == found[0].id.k


def as_text_of(found: Sequence[Launch], installed: Spelling | None) -> str:
    """The section as a terminal shows it."""
    section = launch_section(found, installed)
    assert section is not None
    return as_text(Document(sections=(section,)))


def test_the_words_are_those_of_the_installed_program(found):
    """With what the other builds take, and whether anybody was asked."""
    unasked, asked = as_text_of(found, None), as_text_of(found, DRAFT)
    assert "no llama-server on this host" in unasked
    assert "--spec-type draft-simple" in unasked
    assert "those of the llama-server on this host" in asked
    assert f"--draft-max {found[0].id.k} " in asked


def test_json_has_every_spelling(found):
    """And which one was checked."""
    (one, *_) = launches_json(found, DRAFT)
    assert isinstance(one["llama_server"], dict)
    assert list(one["llama_server"]) == ["draft", "spec"]
    assert one["checked"] is True


def test_a_run_ends_with_them():
    """After its rankings."""
    document = run_report([whole_row(2), whole_row(4)], top=5).whole
    assert document.sections[-1].heading == "to serve what was chosen"


def test_nothing_chosen_is_nothing_to_serve():
    """No section."""
    assert launch_section((), None) is None
