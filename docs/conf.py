"""How the site is built: `tox -e docs`. Sphinx with MyST, so that its pages are the Markdown that GitHub shows too."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from configspec import __version__
from configspec.cli import parser

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "configspec"
author = "the configspec contributors"
copyright = "the configspec contributors, Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4  # pages link to headings of each other, as on GitHub
html_theme = "furo"
html_title = f"configspec {version}"
html_theme_options = {
    "source_repository": "https://github.com/configspec/configspec/",
    "source_branch": "main",
    "source_directory": "docs/",
}
autodoc_member_order = "bysource"
autodoc_typehints = "description"
linkcheck_ignore = [r"http://(verifier|localhost|127\.|192\.168\.)"]  # examples, and no addresses

DOCS = Path(__file__).parent
ROOT = DOCS.parent
WHOLE = {"contributing": ROOT / "CONTRIBUTING.md", "changelog": ROOT / "CHANGELOG.md"}  # pages that stand elsewhere
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)]*)?\)")
BROWSE = "https://github.com/configspec/configspec/{kind}/main/{path}"


def setup(app: Sphinx) -> None:
    """Sphinx calls it first."""
    app.connect("builder-inited", write_commands)
    app.connect("source-read", with_links)


def write_commands(_: Sphinx) -> None:
    """The page of the command line: what each command's --help prints."""
    pages = [f"## {name}\n\n```text\n{one.format_help()}```\n" for name, one in commands(parser())]
    text = "\n".join(("# The command line\n", "What `--help` prints, of each command.\n", *pages))
    path = DOCS / "reference" / "command-line.md"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def commands(top: argparse.ArgumentParser, name: str = "configspec") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Each command with its whole name; of one that has commands of its own, those."""
    inner = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield name, top
    for action in inner:
        for word, child in action.choices.items():
            yield from commands(child, f"{name} {word}")


def with_links(_: Sphinx, page: str, source: list[str]) -> None:
    """Links to what is no page of the site lead to the repository, as they do on GitHub."""
    path = WHOLE.get(page, DOCS / f"{page}.md")
    text = path.read_text(encoding="utf-8") if page in WHOLE else source[0]

    def led(match: re.Match[str]) -> str:
        return f"]({target(path.parent, match[1])}{match[2] or ''})"

    source[0] = LINK.sub(led, text)


def target(folder: Path, link: str) -> str:
    """Where a relative link of a page leads to: a page of the site, or a file or folder of the repository."""
    found = (folder / link).resolve()
    if found == ROOT / "README.md":
        found = DOCS / "index.md"
    elsewhere = {there: DOCS / f"{name}.md" for name, there in WHOLE.items()}
    found = elsewhere.get(found, found)
    if found.is_dir() and (found / "index.md").is_file():
        found = found / "index.md"
    if found.is_relative_to(DOCS) and found.is_file() and found.suffix != ".yaml":
        return f"/{found.relative_to(DOCS)}"
    return BROWSE.format(kind="tree" if found.is_dir() else "blob", path=found.relative_to(ROOT))
