"""What a page costs: `configspec report` of 500 cells against 30 nights, and the page in Chromium.

5,000 rows of 50 boards are compared with, and followed over, a store of 30 nights that has noise of its own. Judged is
the whole command in a process of its own, and how long Chromium takes from opening the file until its script has run.
No other tool that we found makes such a page, so the peer's column has the bound.

    memory    the most that the process held, interpreter and libraries included (VmHWM of /proc/self/status, Linux)
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from check_cost import night_of_run
from comparison import Line, within
from journal_cost import MIB, STATUS, memory_bytes
from machine import Watch
from rank_cost import Cost, varied_rows

from configspec.cli import main
from configspec.errors import TestbedError
from configspec.histories.reading import read_run
from configspec.histories.store import add_run
from configspec.records.results_file import write_results

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

ROWS = 5_000
HEAD = {  # as pytest-benchmark has it before the rows
    "machine_info": {"node": "host"},
    "commit_info": {"id": "ab" * 20, "branch": "main"},
    "datetime": "2026-01-01T00:00:00+00:00",
    "version": "5.3.1",
}
NIGHTS = 30
BOUND_S, BOUND_MIB, BOUND_OPEN_S, BOUND_BYTES = 5.0, 500.0, 1.0, 1_000_000.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
INTERACTIVE = "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd / 1000"


def measure(*, repeats: int) -> list[Line]:
    """Seconds and memory of the command, the size of its page, and the seconds until it can be used."""
    with tempfile.TemporaryDirectory(prefix="report-") as name:
        folder = Path(name)
        write_nights(folder)
        taken = [_run(folder) for _ in range(repeats)]
        page = folder / "report.html"
        opened = _opened(page, repeats)
        return lines(taken, page.stat().st_size, opened)


def lines(taken: Sequence[Cost], page_bytes: int, opened_s: Sequence[float]) -> list[Line]:
    """Each against its own bound; `opened_s` empty: there is no browser."""
    found = [
        within(f"report of {ROWS:,} rows and {NIGHTS} nights", "s", [one.seconds for one in taken], BOUND_S),
        within("memory of report", "MiB", [one.most_bytes / MIB for one in taken], BOUND_MIB),
        within("size of the page", "bytes", [float(page_bytes)], BOUND_BYTES),
    ]
    return [*found, within("page in Chromium", "s", opened_s, BOUND_OPEN_S)] if opened_s else found


def write_nights(folder: Path, rows: int = ROWS, nights: int = NIGHTS) -> None:
    """`results.json` in the folder, and a store of earlier nights of the same configurations."""
    results = folder / "results.json"
    write_results(results, HEAD, lambda: varied_rows(rows))
    run = read_run(results, choices=True)
    rng = np.random.default_rng(1)
    for night in range(nights):
        add_run(folder / "store", night_of_run(run, night - nights, f"night {night}", rng))


def ours(folder: Path) -> None:
    """As somebody types it."""
    store = str(folder / "store")
    words = ["report", str(folder / "results.json"), "--baseline", store, "--history", store]
    with redirect_stdout(StringIO()):
        assert main([*words, "-o", str(folder / "report.html")]) == 0


def cost_of(folder: Path) -> Cost:
    """It in this process."""
    watch = Watch()
    ours(folder)
    seconds = watch.elapsed_s()
    return Cost(seconds=seconds, most_bytes=memory_bytes(STATUS.read_text(encoding="ascii"), "VmHWM"))


def _run(folder: Path) -> Cost:
    """It in a process of its own."""
    done = subprocess.run([sys.executable, __file__, str(folder)], capture_output=True, text=True)
    if done.returncode:
        raise TestbedError(f"report: ended with {done.returncode}:\n{done.stderr[-1000:]}")
    return Cost(**json.loads(done.stdout))


def _opened(page: Path, repeats: int) -> list[float]:
    """Seconds until the page can be used, each in a tab of a browser that runs; nothing where there is none."""
    browser, driver_file = next(filter(None, map(shutil.which, BROWSERS)), None), shutil.which("chromedriver")
    if browser is None or driver_file is None:
        print("the page is not opened: chromium and chromedriver are not installed")
        return []
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=driver_file))
    try:
        driver.get("about:blank")
        return [_seconds(driver, page) for _ in range(repeats)]
    finally:
        driver.quit()


def _seconds(driver: WebDriver, page: Path) -> float:
    driver.get(page.as_uri())
    return float(driver.execute_script(INTERACTIVE))


if __name__ == "__main__":
    print(json.dumps(asdict(cost_of(Path(sys.argv[1])))))
