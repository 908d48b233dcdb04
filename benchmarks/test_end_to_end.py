"""Decodes a sample of configurations for real, over each device's own connection, beside what their profiles predict.

    pytest -m hil --device local --end-to-end none|sample|all

A text that is not the target's own is an error that shows the first difference. How far off a prediction may be is
yours to say; here it is only shown.
"""

from __future__ import annotations

import pytest


@pytest.mark.hil
def test_end_to_end(hil_end_to_end):
    """One row a configuration: goodput, counts, and where the time went."""
    found = hil_end_to_end()
    assert found.goodput_tokens_per_s > 0
    assert 0 <= found.accepted <= found.drafted
