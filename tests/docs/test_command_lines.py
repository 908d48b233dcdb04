"""Every command line of the documentation and of `--help` runs; those that cannot are listed here, each with why."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from damage import civil
from example_testbed import ExampleTestbed

from configspec.cli import parser

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "boards").glob("*.md")),
]
OWN = ("configspec", "pytest")
BLOCK = re.compile(r"(?:^ {4,}\S.*\n)+", re.MULTILINE)  # indented, as commands are shown
FENCED = re.compile(r"^```(\w*|\{\S+\})\n.*?^```$", re.MULTILINE | re.DOTALL)
RUN_ELSEWHERE = re.compile(r"<!-- run.*-->\n\n    .*\n")  # by tests/docs/test_shown_runs.py, which compares the output
NOT_RUN = {
    "* A B *": "the form of a command: its files are letters",
    "* NEW *": "the form of a command",
    "*'COMMAND A'*": "the form of a command; the help's example runs",
    "pytest * -n *": "the same without pytest-xdist's workers: tests/pytest_plugin/xdist runs them",
    "pytest * --end-to-end *": "needs a board that decodes: tests/pytest_plugin runs it on small models",
    "pytest * --resume *": "needs a run that ended early: tests/pytest_plugin/test_resume.py",
    "pytest *--device local*": "the main job, minutes: tox -e hil",
    "pytest * --baseline history *": "a night's gate: tests/docs/test_nightly_github.py",
}

QUANTISING = ("configspec models build", "configspec models push")
# Programs that are not ours, and lines that have one before them: by how they begin.
OTHERS = {
    "pip install": "installs: .github/workflows/release.yml, and tox, do",
    "python3 -m venv": "the same; .ci/run types those of the README",
    ".venv/bin/": "of a checkout",
    "~/configspec/bin/": "of an account that is made for CI: tests/docs/test_nightly_github.py has one",
    "sudo apt install": "changes the machine",
    "cd ": "every line runs in the folder that it is meant for",
    "tox -e": "tests/docs/test_pages.py looks for the environment",
    "podman ": "tests/docs/test_container.py builds and runs the image where a builder is at hand",
    "llama-server ": "llama.cpp's server, with models of 70B",
    "vllm ": "vLLM, with models of 70B",
    "bencher ": "a program of others that reads what is written",
    "benchstat ": "a program of others that reads what is written",
}


def help_lines() -> Iterator[str]:
    """The examples of each command's help."""

    def of(top: argparse.ArgumentParser) -> Iterator[str]:
        for action in top._actions:
            if isinstance(action, argparse._SubParsersAction):
                for child in action.choices.values():
                    _, _, rest = (child.epilog or "").partition("example:\n")
                    yield from (line.strip() for line in rest.partition("\n\n")[0].splitlines())
                    yield from of(child)

    yield from of(parser())


def shown_blocks(text: str) -> Iterator[tuple[str, ...]]:
    """The command lines of a page that stand together; those that go on are one."""
    for block in BLOCK.findall(FENCED.sub("", RUN_ELSEWHERE.sub("", text))):
        yield tuple(" ".join(line.split()) for line in re.sub(r"\\\n\s*", "", block).splitlines())


def kept(line: str) -> bool:
    return not any(fnmatch(line, pattern) for pattern in NOT_RUN)


SHOWN = [(page.name, block) for page in PAGES for block in shown_blocks(page.read_text(encoding="utf-8"))]
BLOCKS: dict[tuple[str, ...], str] = {
    **{own: page for page, block in SHOWN if (own := tuple(line for line in block if line.split()[0] in OWN))},
    **{(line,): "--help" for line in help_lines()},
}
LINES = [line for block in BLOCKS for line in block]


@pytest.fixture(scope="module")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> ExampleTestbed:
    return ExampleTestbed(tmp_path_factory.mktemp("examples"))


@pytest.mark.real
@pytest.mark.parametrize(
    "block",
    [
        pytest.param(run, id=f"{page}: {run[0]}")
        for block, page in BLOCKS.items()
        if (run := tuple(line for line in block if kept(line)))
    ],
)
def test_command_lines_that_are_shown_run(testbed, block):
    """With the files that they name; nothing has to change for them."""
    if any(line.startswith(QUANTISING) for line in block):
        pytest.importorskip("llama_cpp")
    for line, ran in zip(block, testbed.run(block), strict=True):
        civil(
            ran.code, f"{line}\n{ran.out[-2000:]}{ran.err}", codes=(0, 1)
        )  # 1: the answer is bad, as where nothing meets a limit
        assert ran.out or ran.err or ">" in line, line


def test_what_is_not_run_is_still_shown():
    """No reason outlives the lines that it is for; every other line of ours is run."""
    assert [one for one in NOT_RUN if not any(fnmatch(line, one) for line in LINES)] == []
    assert len([line for line in LINES if kept(line)]) > 100


def test_what_is_indented_is_a_command():
    """Of ours, or of others by a reason that is still needed; messages, tables and files stand in fences."""
    others = [line for _, block in SHOWN for line in block if line.split()[0] not in OWN]
    assert [line for line in others if not line.startswith(tuple(OTHERS))] == []
    assert [one for one in OTHERS if not any(line.startswith(one) for line in others)] == []


def test_a_line_that_goes_on_is_one_line():
    """And what stands in a fence is none."""
    text = (
        "Words:\n\n    configspec rank \\\n        results.json   # why\n    sudo reboot\n\n```text\n    pytest\n```\n"
    )
    assert list(shown_blocks(text)) == [("configspec rank results.json # why", "sudo reboot")]
