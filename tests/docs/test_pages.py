"""The pages agree with each other, with the layout and with the contracts that enforce it."""

from __future__ import annotations

import ast
import re
import tomllib
from configparser import ConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/boards").glob("*.md")),
]
PAGES = {path.name: path.read_text(encoding="utf-8") for path in FILES}
LINKING = [*FILES, *sorted((ROOT / "docs" / "adr").glob("*.md")), ROOT / "changelog.d" / "README.md"]
LINKING += [ROOT / name for name in ("SECURITY.md", "CODE_OF_CONDUCT.md", "fixtures/models/MODEL_CARD.md")]


def anchors(page: Path) -> set[str]:
    """What a link may name in a page: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKING, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path):
    """Relative links and pictures: the file exists, and has the heading that is named."""
    words = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", words):
        name, _, heading = link.partition("#")
        to = page.parent / name if name else page
        assert to.exists(), f"links to {link}"
        assert not heading or heading in anchors(to), f"links to {link}, a heading that {to.name} lacks"


def test_every_page_is_found_from_the_readme():
    """The README's table names each page of docs/, but the front page of the site."""
    pages = set(PAGES) - {"README.md", "index.md", "contributing.md"}  # which stands above docs/
    assert [name for name in sorted(pages) if f"{name})" not in PAGES["README.md"]] == []


def test_every_decision_has_its_own_number():
    """Pages of docs/adr/ are numbered without a gap, and their titles begin with the number."""
    pages = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert page.read_text(encoding="utf-8").startswith(f"# {int(page.name[:4])}. ")


def test_modules_that_pages_name_exist():
    """A path such as `records/row.py`, from the package or from the root."""
    for page in FILES:
        for path in set(re.findall(r"`((?:[a-z_0-9]+/)*[a-z_0-9]+\.py)`", page.read_text(encoding="utf-8"))):
            places = [ROOT / path, ROOT / "configspec" / path, ROOT / "configspec" / "pytest_plugin" / path]
            assert any(place.is_file() for place in places), f"{page.name} names {path}"


def test_environments_of_tox_that_pages_name_exist():
    """Each `tox -e NAME`."""
    text = "\n".join(PAGES.values())
    named = {name for names in re.findall(r"tox -e ([\w-]+(?:,[\w-]+)*)", text) for name in names.split(",")}
    assert len(named) > 10
    declared = ConfigParser(interpolation=None)
    declared.read(ROOT / "tox.ini")
    known = {section.removeprefix("testenv:") for section in declared if section.startswith("testenv:")}
    known |= set(declared["tox"]["env_list"].split(", "))
    known |= {f"py3{minor}-first" for minor in (11, 12, 13, 14) if "py3{11,12,13,14}-first" in known}
    assert named <= known


def test_the_glossarys_classes_exist():
    """Each `Class`, or several, in `module.py`."""
    named = re.findall(r"((?:`[A-Z]\w+`(?:, )?)+) in `([a-z_/]+\.py)`", PAGES["glossary.md"])
    assert len(named) >= 20
    for names, path in named:
        tree = ast.parse((ROOT / "configspec" / path).read_text(encoding="utf-8"))
        classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        assert set(re.findall(r"\w+", names)) <= classes, path


def test_no_word_of_the_glossary_is_explained_twice():
    """One word, one line."""
    words = [line.split("|")[1].strip() for line in PAGES["glossary.md"].splitlines() if line.startswith("| ")]
    words = [word for word in words if word != "word"]
    assert len(words) == len(set(words))


def levels() -> list[set[str]]:
    """What `.importlinter` enforces, from the top down."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    lines = contracts["importlinter:contract:layers"]["layers"].split("\n")
    return [set(re.split(r"\s*[|:]\s*", line.strip())) for line in lines if line.strip()]


def test_the_levels_are_those_that_are_enforced():
    """The text diagram of docs/design.md against `.importlinter`, line by line."""
    shown = re.search(r"<!-- levels -->\n```text\n(.*?)\n```", PAGES["design.md"], re.DOTALL)
    assert shown
    assert [set(line.split(" | ")) for line in shown[1].splitlines()] == levels()


def test_the_picture_shows_the_levels_that_are_enforced():
    """Each package of `.importlinter` on its level, the higher the nearer to the top."""
    texts = ElementTree.parse(ROOT / "docs" / "design.svg").iter("{http://www.w3.org/2000/svg}text")
    drawn: dict[float, set[str]] = {}
    for text in texts:
        if text.get("class") == "layer":
            drawn.setdefault(float(text.attrib["y"]), set()).add(text.text or "")
    assert [drawn[height] for height in sorted(drawn)] == levels()


def test_every_package_is_described():
    """Each name of a level has its line in the table of docs/design.md."""
    rows = " ".join(line.split("|")[1] for line in PAGES["design.md"].splitlines() if line.startswith("| `"))
    assert [name for name in sorted(set.union(*levels())) if f"`{name}`" not in rows] == []


def test_changelog_fragments_have_names_that_towncrier_takes():
    """`+topic.type.md`, or an issue's number; a name of another form would be passed over in silence."""
    types = {"feature", "bugfix", "doc", "removal", "misc"}
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"].get("type") is None
    for fragment in (ROOT / "changelog.d").glob("*"):
        if fragment.name != "README.md":
            form = re.fullmatch(r"(?:\+[a-z0-9-]+|\d+)\.([a-z]+)(?:\.\d+)?\.md", fragment.name)
            assert form, fragment.name
            assert form[1] in types, fragment.name
            assert not fragment.read_text(encoding="utf-8").startswith(("-", "*")), f"{fragment.name}: no bullet"


def test_the_code_that_pages_show_is_the_code_that_runs():
    """Each block marked with a file is a part of that file."""
    marked = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
    shown = [block for text in PAGES.values() for block in marked.findall(text)]
    assert len(shown) >= 3
    for path, code in shown:
        module = (ROOT / "configspec" / path).read_text(encoding="utf-8")
        assert code in module, f"{path} has changed: show what it is now"
