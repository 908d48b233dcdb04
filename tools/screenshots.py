"""Write the pictures of a report that docs/ shows: as a desktop shows it, in the dark, and on a telephone.

python tools/screenshots.py

It needs selenium, chromium and chromedriver, and takes the page of the paper's devices, which `configspec demo` makes
too. WebP: a third of what a PNG takes.
"""

from __future__ import annotations

import base64
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium import webdriver

ROOT = Path(__file__).parents[1]
KIT = ROOT / "tests" / "kit"
IMAGES = ROOT / "docs" / "images"
QUALITY = 55  # of WebP: text is still sharp
SCROLL = (
    "Array.from(document.querySelectorAll('h2, h3')).find(function (one) {"
    "return one.textContent.startsWith(this); }, arguments[0]).scrollIntoView()"
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What is photographed: from which heading on, how wide and high, in which colours."""

    name: str
    heading: str  # its beginning
    width: int
    height: int
    scheme: str = "light"


SHOTS = (
    Shot(name="report", heading="What to run", width=1000, height=760),
    Shot(name="report-pictures", heading="goodput over K", width=1000, height=760, scheme="dark"),
    Shot(name="report-telephone", heading="Can the figures", width=375, height=700),
)


def main() -> None:
    """Write all in place."""
    sys.path.insert(0, str(KIT))
    from weighed import paper_results

    from configspec.cli import main as configspec

    with TemporaryDirectory() as folder:
        results, page = paper_results(Path(folder, "results.json")), Path(folder, "report.html")
        configspec(["report", str(results), "--device", "rpi5", "--device", "jetson", "-o", str(page)])
        for shot, image in _photographed(page):
            path = IMAGES / f"{shot.name}.webp"
            path.write_bytes(image)
            print(path, len(image), "bytes")


def _photographed(page: Path) -> list[tuple[Shot, bytes]]:
    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    driver = webdriver.Chrome(
        options=options, service=webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    )
    try:
        return [(shot, _photo(driver, page, shot)) for shot in SHOTS]
    finally:
        driver.quit()


def _photo(driver: webdriver.Chrome, page: Path, shot: Shot) -> bytes:
    features = [{"name": "prefers-color-scheme", "value": shot.scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": features})
    size = {"width": shot.width, "height": shot.height, "deviceScaleFactor": 1, "mobile": shot.width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(page.as_uri())
    driver.execute_script(SCROLL, shot.heading)
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return base64.b64decode(taken["data"])


if __name__ == "__main__":
    main()
