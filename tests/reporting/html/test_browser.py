"""The page in a real, headless Chromium: no error, nothing fetched, marks, filters, contrast, a telephone, paper."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drawn import golden_material, paper_rows
from reported import measured_rows, reported

from configspec.reporting.html.page import page
from configspec.reporting.pictures.registry import KINDS

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
axe_core_python = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")

from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402 (only where selenium is)
from selenium.webdriver.common.keys import Keys  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed"),
]
# The one of the package, or a newer one of npm's axe-core.
AXE = Path(os.environ.get("CONFIGSPEC_AXE") or Path(str(axe_core_python.__file__)).with_name("axe.min.js"))
TELEPHONE = 375


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless one with a profile of its own, which writes down what its console says."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    profile = tmp_path_factory.mktemp("profile")
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The paper's figures; every kind of picture; notes; names that would like to be markup; nothing."""
    folder = tmp_path_factory.mktemp("pages")
    hostile = [
        replace(row, device="</script><b>" + "w" * 180, draft='"><img src=x onerror=alert(1)>') for row in paper_rows()
    ]
    found = {"paper": paper_rows(), "measured": measured_rows(), "hostile": hostile, "empty": []}
    texts = {name: page(reported(rows)) for name, rows in found.items()}
    texts["whole"] = page(replace(reported(measured_rows()), material=golden_material(paper_rows()[:6])))
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture(params=["whole", "measured", "hostile", "empty"])
def opened(request: pytest.FixtureRequest, browser: Any, pages: dict[str, Path]) -> Any:
    """Each page, as a desktop shows it."""
    return shown(browser, pages[request.param])


def shown(browser: Any, path: Path, *, scheme: str = "light", width: int = 1200) -> Any:
    browser.get_log("browser")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": features})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(path.as_uri())
    return browser


def test_nothing_is_fetched_and_the_console_is_silent(opened):
    """The policy stops nothing of the page's own, and no name of a device runs."""
    assert opened.get_log("browser") == []
    assert opened.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert opened.execute_script("return document.querySelectorAll('img, b, iframe').length") == 0


@pytest.mark.parametrize("name", ["whole", "measured", "hostile", "empty"])
def test_axe_finds_nothing(browser, pages, name):
    """Names of all parts, order of headings, contrast, what scrolls can be reached by keyboard."""
    assert violations(shown(browser, pages[name]), {}) == []


@pytest.mark.parametrize("name", ["whole", "measured"])
def test_axe_finds_enough_contrast_in_the_dark(browser, pages, name):
    """All else is as in the light."""
    dark = shown(browser, pages[name], scheme="dark")
    assert dark.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 22)"
    assert violations(dark, {"runOnly": ["color-contrast"]}) == []


def violations(browser: Any, options: dict[str, object]) -> list[tuple[object, ...]]:
    """What axe-core says of the page with everything unfolded."""
    browser.execute_script("document.querySelectorAll('details').forEach(function (one) { one.open = true; })")
    browser.execute_script("document.getElementById('figures').style.contentVisibility = 'visible'")
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    run = "axe.run(document, arguments[0]).then(arguments[arguments.length - 1])"
    found = browser.execute_async_script(run, options)
    assert found["passes"]
    return [
        (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0].get("failureSummary")) for one in found["violations"]
    ]


def test_each_picture_has_its_marks(browser, pages):
    """As many marks with words as the table below it has rows, or more; and each can be seen. No kind is missing."""
    shown(browser, pages["whole"])
    figures = browser.execute_script(
        "return Array.from(document.querySelectorAll('figure')).map(function (one) {"
        "var marks = one.querySelectorAll('svg g:has(> title) path');"
        "var box = one.querySelector('svg').getBoundingClientRect();"
        "return {marks: marks.length, rows: one.querySelectorAll('tbody tr').length, inside: Array.from(marks).every("
        "function (mark) { var at = mark.getBoundingClientRect(); return at.width > 0 && at.left >= box.left && "
        "at.right <= box.right && at.top >= box.top && at.bottom <= box.bottom; })}; })"
    )
    assert len(figures) >= len(KINDS)
    for one in figures:
        assert one["marks"] >= one["rows"] > 0
        assert one["inside"]


def test_words_of_a_picture_stay_inside_it(browser, pages):
    """No label is cut off at an edge, whatever a device is called."""
    shown(browser, pages["hostile"])
    outside = browser.execute_script(
        "return Array.from(document.querySelectorAll('svg text')).filter(function (one) {"
        "var at = one.getBoundingClientRect(), box = one.closest('svg').getBoundingClientRect();"
        "return at.left < box.left - 2 || at.right > box.right + 2 || at.bottom > box.bottom + 2; })"
        ".map(function (one) { return one.textContent; })"
    )
    assert outside == []


def test_a_filter_filters_and_a_heading_sorts(browser, pages):
    """By every word of a row, told in rows; up at the first press, down at the second, numbers as numbers."""
    shown(browser, pages["paper"])
    part = browser.find_element("id", "figures")
    part.find_element("css selector", "input").send_keys("rpi5 8b-inst")
    assert part.find_element("css selector", "output").text == "2 of 36 rows"
    rows = [row.text for row in part.find_elements("css selector", "tbody tr") if row.is_displayed()]
    assert len(rows) == 2
    assert all("rpi5" in row and "8b-inst" in row for row in rows)
    part.find_element("css selector", "input").clear()
    part.find_element("css selector", "input").send_keys(" ")
    head = next(one for one in part.find_elements("css selector", "th") if one.text.startswith("cost"))
    for way, ordered in (("ascending", sorted), ("descending", lambda some: sorted(some, reverse=True))):
        head.find_element("css selector", "button").send_keys("\n")
        place = 1 + part.find_elements("css selector", "th").index(head)
        cells = part.find_elements("css selector", f"tbody td:nth-child({place})")
        values = [float(one.text.replace(",", "")) for one in cells]
        assert len(values) == 36
        assert values == list(ordered(values))
        assert head.get_attribute("aria-sort") == way


def test_the_keyboard_reaches_all_that_can_be_pressed_and_shows_where_it_is(browser, pages):
    """Links, headings that sort, fields, folded tables, and what scrolls: each has a visible outline in its turn."""
    shown(browser, pages["measured"])
    wanted = browser.execute_script(
        "return Array.from(document.querySelectorAll('a[href], button, input, summary, [tabindex]')).filter("
        "function (one) { return one.checkVisibility(); }).length"
    )
    reached = set()
    for _ in range(wanted):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        reached.add(browser.switch_to.active_element.id)
        assert browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert len(reached) == wanted > 20


def test_without_a_script_all_of_it_is_read(browser, pages):
    """Sentences, pictures and tables stand in the page itself."""
    with_script = shown(browser, pages["whole"]).execute_script(TEXT)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        shown(browser, pages["whole"])
        assert browser.find_element("id", "run").is_displayed()
        assert len(browser.find_elements("css selector", "figure svg")) == with_script["pictures"]
        assert len(browser.find_elements("css selector", "tbody tr")) == with_script["rows"]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


TEXT = (
    "return {pictures: document.querySelectorAll('figure svg').length, "
    "rows: document.querySelectorAll('tbody tr').length}"
)


def test_the_table_of_all_is_laid_out_when_it_is_looked_at_and_on_paper(browser, pages):
    """A page of 5,000 rows can be used a second earlier so; what is printed, and what is searched for, has them."""
    shown(browser, pages["paper"])
    state = "return getComputedStyle(document.getElementById('figures')).contentVisibility"
    assert browser.execute_script(state) == "auto"
    browser.find_element("css selector", "nav a[href='#figures']").click()
    row = browser.find_element("css selector", "#figures tbody tr")
    assert row.is_displayed()
    assert row.size["height"] > 10
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert browser.execute_script(state) == "visible"


def test_a_telephone_shows_it_without_scrolling_sideways(opened):
    """375 pixels: tables and pictures scroll by themselves."""
    size = {"width": TELEPHONE, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= TELEPHONE


def test_it_prints(opened):
    """To a PDF of a page or more, with the folded tables."""
    printed = opened.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    content = base64.b64decode(printed["data"])
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page") >= 1


def test_paper_shows_what_is_folded(browser, pages):
    """The tables below the pictures have a height when they are printed."""
    shown(browser, pages["paper"])
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    folded = "return document.querySelector('figure details table').getBoundingClientRect().height"
    assert browser.execute_script(folded) > 20
