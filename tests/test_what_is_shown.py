"""Nothing is shown but through the few functions that make it printable, in any module of the host."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from configspec.errors import ConfigspecError

PACKAGE = Path(__file__).parents[1] / "configspec"
COMMAND_LINE, PYTEST = "cli/output.py", "pytest_plugin/shown.py"
PRINTABLE = {"printable", "printable_line", "printable_lines", "message"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
ENDS = {"UsageError", "exit", "fail", "skip", "xfail"}  # of pytest: what takes words of ours


def words_only(call: ast.Call) -> bool:
    """Whether all that is said is written there, or made printable there."""
    said = [*call.args, *(one.value for one in call.keywords if one.arg in ("reason", "msg"))]
    return all(isinstance(one, ast.Constant) or made_printable(one) for one in said)


def made_printable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and called(value) in PRINTABLE


def called(call: ast.Call) -> str:
    """`name` of `name(...)`, `module.name` of `module.name(...)`."""
    return ast.unparse(call.func)


def prints(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node) == "print"


def takes_a_stream(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node.value) == "sys" and node.attr in STREAMS


def takes_pytests_terminal(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == "terminalreporter"


def has_pytests_terminal(node: ast.AST) -> bool:
    """In a signature or a local variable."""
    return isinstance(node, ast.arg | ast.AnnAssign) and "TerminalReporter" in ast.unparse(node)


def ends_with_words_of_others(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return ast.unparse(node.func.value) == "pytest" and node.func.attr in ENDS and not words_only(node)


def warns_with_words_of_others(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node) == "warnings.warn" and not words_only(node)


def reports_words_of_others(node: ast.AST) -> bool:
    """As `report.longrepr = text` or `TestReport(longrepr=text)`."""
    if isinstance(node, ast.keyword) and node.arg == "longrepr":
        return not made_printable(node.value)
    if isinstance(node, ast.Assign):
        ours = any(isinstance(one, ast.Attribute) and one.attr == "longrepr" for one in node.targets)
        return ours and not made_printable(node.value)
    return False


def makes_lines_of_one_argument(node: ast.AST) -> bool:
    """An error with a line end in it, which would be shown as an escape."""
    if not isinstance(node, ast.Call) or not called(node).endswith("Error"):
        return False
    return any(isinstance(one, ast.Constant) and "\n" in str(one.value) for one in ast.walk(node))


RULES: list[tuple[Callable[[ast.AST], bool], set[str]]] = [
    (prints, set()),
    (takes_a_stream, {COMMAND_LINE, PYTEST}),
    (takes_pytests_terminal, {PYTEST}),
    (has_pytests_terminal, {PYTEST, "pytest_plugin/hooks.py"}),
    (ends_with_words_of_others, {PYTEST}),
    (warns_with_words_of_others, set()),
    (reports_words_of_others, set()),
    (makes_lines_of_one_argument, set()),
]


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the host; what the agent writes to its output is the protocol."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("agent/"):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sources() -> list[tuple[str, ast.Module]]:
    return list(modules())


@pytest.mark.parametrize(("rule", "edges"), RULES, ids=lambda one: one.__name__ if callable(one) else None)
def test_only_the_edges_show_anything(rule, edges, sources):
    """`cli/output.py` and `pytest_plugin/shown.py` do; who else writes to people goes through them."""
    found = [
        f"{name}: {ast.unparse(node):.80}"
        for name, tree in sources
        if name not in edges
        for node in ast.walk(tree)
        if rule(node)
    ]
    assert found == []


def test_the_hook_hands_pytests_terminal_on_at_once(sources):
    """`hooks.py` gets it as an argument, and only wraps it."""
    (tree,) = [tree for name, tree in sources if name == "pytest_plugin/hooks.py"]
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "terminalreporter"]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) == "Terminal"]
    assert [one for call in calls for one in call.args] == uses


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("print(1)", prints),
        ("sys.stderr.write(x)", takes_a_stream),
        ("plugins.get_plugin('terminalreporter')", takes_pytests_terminal),
        ("def f(t: pytest.TerminalReporter): ...", has_pytests_terminal),
        ("raise pytest.UsageError(f'{x}')", ends_with_words_of_others),
        ("pytest.skip(reason=x)", ends_with_words_of_others),
        ("warnings.warn(x, stacklevel=2)", warns_with_words_of_others),
        ("report.longrepr = str(x)", reports_words_of_others),
        ("TestReport(longrepr=x)", reports_words_of_others),
        ("raise UsageError(f'{x}\\n{y}')", makes_lines_of_one_argument),
    ],
)
def test_the_rules_find_what_they_are_about(source, rule):
    """Each finds one that forgets."""
    assert any(map(rule, ast.walk(ast.parse(source))))


def test_an_argument_of_an_error_is_a_line_of_its_message():
    """A line end within one came with a name from outside."""
    problem = ConfigspecError("two things are wrong:", "a\nb is no name")
    assert problem.lines == ("two things are wrong:", "a\nb is no name")
    assert str(problem) == "two things are wrong:\na\nb is no name"
