"""Which configurations are decoded for real, and what a run says where none is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from configspec.errors import UsageError
from configspec.pytest_plugin.asked import Asked
from configspec.pytest_plugin.plan import choose

ROOT = Path(__file__).parents[2]
ASKED = Asked(
    devices=("local", "paper-rpi5"),
    families=(),
    drafts=(),
    quants=(),
    k=None,
    inventory=ROOT / "devices.yaml",
    separate_k=False,
    end_to_end="sample",
    journals=Path("nowhere"),
)

DECODING = """
import pytest


@pytest.mark.hil
def test_end_to_end(hil_end_to_end):
    hil_end_to_end()
"""


def test_a_sample_has_every_draft_in_one_quantisation_at_three_k():
    """Of two families with three drafts, three quantisations and ten K: 18 of 180, of the real device alone."""
    chosen = choose(ASKED).end_to_end
    assert len(chosen) == 18
    assert {one.device for one in chosen} == {"local"}
    assert {one.k for one in chosen} == {1, 5, 10}
    assert {one.quant for one in chosen} == {"Q4_K_M"}
    assert len({(one.device, one.family, one.draft) for one in chosen}) == 6


@pytest.mark.parametrize(("amount", "count"), [("none", 0), ("all", 180)])
def test_none_and_all_are_what_they_say(amount, count):
    """All of the real devices' configurations; recorded figures decode nothing."""
    assert len(choose(replace(ASKED, end_to_end=amount)).end_to_end) == count


def test_the_filters_hold_for_the_sample_too():
    """Two K and one quantisation left: those."""
    chosen = choose(replace(ASKED, k="2,4", quants=("Q8_0",), families=("tiny-qwen3",), drafts=("m",))).end_to_end
    assert [(one.quant, one.k) for one in chosen] == [("Q8_0", 2), ("Q8_0", 4)]


def test_the_k_of_a_cell_are_those_of_its_configurations():
    """Each cell's, in order; together they are all configurations, each once."""
    plan = choose(replace(ASKED, k="2,4,8"))
    assert [cell.at(k) for cell, ks in plan.ks.items() for k in ks] == list(plan.configurations)
    assert set(plan.ks.values()) == {(2, 4, 8), (2, 8), (2,)}  # the profile of the paper has some of them only


def swept(tmp_path: Path, settings: str) -> Asked:
    """The repository's testbed with these settings of its own device."""
    whole = (ROOT / "devices.yaml").read_text().replace("llama_cpp: {threads: 1}", f"llama_cpp: {{{settings}}}")
    assert settings in whole
    for name in ("fixtures", "benchmarks"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "devices.yaml").write_text(whole)
    return replace(ASKED, devices=("local",), inventory=tmp_path / "devices.yaml", k="2,4")


def test_lists_of_settings_make_cells_of_their_own(tmp_path):
    """Every draft with every combination; all of one draft before the next, and all K of one cell together."""
    asked = swept(tmp_path, "threads: [1, 2], flash_attention: [on, off]")
    plan, without = choose(asked), choose(swept_once(asked))
    assert len(plan.configurations) == 4 * len(without.configurations)
    assert [replace(cell, settings=()) for cell in plan.ks] == [cell for cell in without.ks for _ in range(4)]
    assert [one.id for one in plan.configurations[:3]] == [
        "dev:local:-tiny-llama-xs-Q4_K_M-threads:1-flash_attention:on-K2",
        "dev:local:-tiny-llama-xs-Q4_K_M-threads:1-flash_attention:on-K4",
        "dev:local:-tiny-llama-xs-Q4_K_M-threads:1-flash_attention:off-K2",
    ]
    assert len({one.id for one in plan.configurations}) == len(plan.configurations)
    assert len(plan.end_to_end) == len(without.end_to_end)  # of each draft, one combination


def swept_once(asked: Asked) -> Asked:
    """The same testbed without its lists."""
    whole = asked.inventory.read_text().replace("threads: [1, 2], flash_attention: [on, off]", "threads: 1")
    (asked.inventory.parent / "once.yaml").write_text(whole)
    return replace(asked, inventory=asked.inventory.parent / "once.yaml")


def test_a_sweep_is_narrowed_by_setting(tmp_path):
    """As it is typed, `threads=2`; a value that no list has is an error with those that there are."""
    asked = swept(tmp_path, "threads: [1, 2], flash_attention: [on, off]")
    chosen = choose(replace(asked, settings=("threads:2",))).ks
    assert {dict(cell.settings)["threads"] for cell in chosen} == {"2"}
    assert {dict(cell.settings)["flash_attention"] for cell in chosen} == {"on", "off"}
    with pytest.raises(UsageError, match=r"no setting matches 'threads:3'\. Did you mean 'threads:2'"):
        choose(replace(asked, settings=("threads:3",)))


def test_a_sweep_of_ten_thousand_cells_is_told_with_the_number(tmp_path):
    """Before a cell is made; what selects few enough is measured."""
    numbers = ", ".join(map(str, range(1, 26)))
    asked = swept(tmp_path, f"threads: [{numbers}], threads_batch: [{numbers}]")
    few = replace(asked, families=("tiny-llama",), drafts=("xs", "s"), quants=("Q8_0",))
    with pytest.raises(UsageError, match="25 of threads, 25 of threads_batch: 625 combinations, with 18 drafts 11,250"):
        choose(asked)
    assert len(choose(few).ks) == 2 * 625
    assert len(choose(replace(asked, settings=("threads:4",))).ks) == 18 * 25


@pytest.mark.real
def test_recorded_figures_skip_it_with_the_reason(testbed, pytester):
    """A skip that says why, beside the rows that are measured."""
    pytester.makepyfile(test_decoding=DECODING)
    result = pytester.runpytest("--device", "fast", "-rs")
    result.assert_outcomes(passed=6, skipped=1)
    result.stdout.fnmatch_lines(["*nothing is decoded end to end: --end-to-end sample, or only recorded figures*"])


@pytest.mark.real
def test_an_unknown_amount_in_the_ini_file_is_a_usage_error(testbed, pytester):
    """With what there is."""
    pytester.makeini("[pytest]\nconfigspec_end_to_end = some\n")
    result = pytester.runpytest("--device", "fast")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*configspec_end_to_end is 'some'. It takes one of: none, sample, all.*"])


def test_a_run_without_families_is_told(tmp_path):
    """`configspec devices` needs none; measuring does."""
    path = tmp_path / "devices.yaml"
    path.write_text("devices: {orin: {connection: local}}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"^devices\.yaml: families is missing, and devices\.orin has nothing to run"):
        choose(replace(ASKED, devices=("orin",), inventory=path))


@pytest.mark.real
@pytest.mark.parametrize(
    ("prompts", "line", "told"),
    [
        ("asked.jsonl", '{"prompt": ', "*asked.jsonl: line 1 is not JSON*"),
        ("{path: asked.jsonl, categories: [codee]}", '{"prompt": "x", "category": "code"}', "*Did you mean 'code'?*"),
    ],
)
def test_prompts_that_cannot_be_asked_end_the_run_before_its_first_test(testbed, pytester, prompts, line, told):
    """Once, and not in every test; a run of recorded figures asks nothing, so it does not look."""
    pytester.makefile(".jsonl", asked=line)
    Path(testbed, "model").mkdir()
    path = Path(testbed, "devices.yaml")
    board = path.read_text(encoding="utf-8").replace("devices:", "devices:\n  board: {connection: local}")
    family = "families: {f: {target: {transformers: model}, drafts: {xs: model}, quants: [Q8_0]}}"
    path.write_text(f"{board}\n{family}\nsweep: {{prompts: {prompts}}}\n", encoding="utf-8")
    result = pytester.runpytest("--device", "board", "--device", "fast")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])
    pytester.runpytest("--device", "fast").assert_outcomes(passed=6)


OWN_QUANTS = """
devices: {a: {connection: local}}
families:
  f:
    target: {hub: o/t}
    drafts: {one: {hub: o/r, quants: [q8_0]}, all: {hub: o/s}, ud: {hub: o/u, quants: [UD-Q4_K_XL, Q8_0]}}
    quants: [Q4_K_M, Q8_0]
"""


def test_a_draft_with_quantisations_of_its_own_has_no_others(tmp_path):
    """In the order of the inventory; the label of a file's maker is a quantisation like any other."""
    (tmp_path / "devices.yaml").write_text(OWN_QUANTS)
    chosen = choose(replace(ASKED, devices=("a",), k="4", inventory=tmp_path / "devices.yaml")).configurations
    assert [(one.draft, one.quant) for one in chosen] == [
        *(("one", "Q8_0"), ("all", "Q4_K_M"), ("all", "Q8_0")),
        *(("ud", "UD-Q4_K_XL"), ("ud", "Q8_0")),
    ]


@pytest.mark.real
@pytest.mark.parametrize(
    ("template", "sweep", "told"),
    [
        ("{{ raise_exception('never') }}", "", "*chat_template.jinja refuses the messages: never*"),
        ("{% if %}", "", "*chat_template.jinja is not a Jinja template*"),
        (None, "system: Be short.", "*sweep.system is given*no chat template*"),
        ("{{ messages }}", "chat: own.jinja", "*is 'own.jinja'*there is no file*"),
        ("{{ messages }}", "chat: none, thinking: off", "*has `thinking`, which means nothing beside `chat: none`*"),
        ("{{ messages }}", "chat: none, thinking: maybe", "*sweep.thinking*"),
    ],
)
def test_a_template_that_takes_no_prompt_ends_the_run_before_its_first_test(testbed, pytester, template, sweep, told):
    """Whatever is wrong with it, or with what is asked of it."""
    pytest.importorskip("jinja2", reason="needs jinja2: pip install 'configspec[llama]'")
    folder = Path(testbed, "model")
    folder.mkdir()
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    path = Path(testbed, "devices.yaml")
    board = path.read_text(encoding="utf-8").replace("devices:", "devices:\n  board: {connection: local}")
    family = "families: {f: {target: {transformers: model}, drafts: {xs: model}, quants: [Q8_0]}}"
    path.write_text(f"{board}\n{family}\nsweep: {{{sweep}}}\n", encoding="utf-8")
    result = pytester.runpytest("--device", "board")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])
