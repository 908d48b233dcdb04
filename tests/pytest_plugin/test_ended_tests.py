"""A test that is ended after its row was written, and before its report: the row is measured, so it is kept."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.real

ENDS = {
    "Ctrl-C": "raise KeyboardInterrupt",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM)",
    "pytest.exit": "pytest.exit('enough')",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=list(ENDS))
def test_the_row_is_in_journal_and_results(testbed, pytester, rows_of, journal, end):
    """Without an outcome, since its test has none; the next run resumes it."""
    pytester.makepyfile(
        test_bench=f"""
        import os, pytest, signal
        def test_configuration(hil_benchmark, configuration):
            hil_benchmark()
            if configuration.k == 2 and "ENDED" not in os.environ:
                {end}
        """
    )
    flags = ("--device", "fast", "--draft", "a", "--benchmark-json=r.json")
    pytester.runpytest_subprocess(*flags)
    first, second = rows_of("r.json").values()
    assert rows_of(journal()).keys() == rows_of("r.json").keys()
    assert [row["extra_info"]["configspec"]["outcome"] for row in (first, second)] == ["passed", None]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENDED", "1")
        result = pytester.runpytest_subprocess(*flags, "--resume", "last")
    result.assert_outcomes(passed=1)
    assert result.parseoutcomes()["resumed"] == 2
    assert len(rows_of("r.json")) == 3
