"""Where links of the documentation lead when it is a site. Whether all of it builds, `tox -e docs` says."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"
REPOSITORY = "https://github.com/configspec/configspec"


@pytest.fixture(scope="module")
def conf() -> ModuleType:
    spec = spec_from_file_location("site_conf", DOCS / "conf.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("page", "link", "leads"),
    [
        ("start", "boards.md", "/boards.md"),
        ("boards/jetson", "../power.md", "/power.md"),
        ("developing", "../CONTRIBUTING.md", "/contributing.md"),
        ("developing", "../README.md", "/index.md"),
        ("design", "adr/", "/adr/index.md"),
        ("design", "design.svg", "/design.svg"),
        ("models", "examples/devices.yaml", f"{REPOSITORY}/blob/main/docs/examples/devices.yaml"),
        ("design", "../fixtures/models", f"{REPOSITORY}/tree/main/fixtures/models"),
    ],
)
def test_a_link_leads_to_a_page_or_to_the_repository(conf, page, link, leads):
    """A page of the site where there is one."""
    assert conf.target((DOCS / page).parent, link) == leads


def test_links_of_a_page_that_stands_elsewhere_begin_there(conf):
    """CONTRIBUTING.md stands above docs/, and is a page; what has an address of its own is left alone."""
    source = [""]
    conf.with_links(None, "contributing", source)
    assert "](/style.md)" in source[0]
    source = ["[a](https://example.org/a.md) [b](#b) [c](design.md#the-levels)"]
    conf.with_links(None, "start", source)
    assert source == ["[a](https://example.org/a.md) [b](#b) [c](/design.md#the-levels)"]


def test_every_command_is_on_the_page_of_the_command_line(conf):
    """By its whole name, and once."""
    names = [name for name, _ in conf.commands(conf.parser())]
    assert len(names) == len(set(names))
    assert {"configspec rank", "configspec import csv", "configspec models pull"} <= set(names)


def test_every_page_is_in_the_contents():
    """Each page of docs/ stands in a list of docs/index.md; decisions in that of docs/adr/."""
    listed = (DOCS / "index.md").read_text(encoding="utf-8").split()
    pages = [str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md")]
    assert [page for page in pages if page not in listed and page != "index" and not page.startswith("adr/0")] == []
