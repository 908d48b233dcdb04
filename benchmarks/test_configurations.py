"""Measures every configuration asked for: `pytest -m hil --device local`.

Copy this file into a testbed of your own. What a test may assert of a configuration is yours to say; here it is only
that the figures are whole.
"""

from __future__ import annotations

import pytest


@pytest.mark.hil
def test_configuration(hil_benchmark):
    """One row a configuration: drafting speed, acceptance, and power where there is a meter."""
    measured = hil_benchmark()
    assert 0 <= measured.acceptance.rate.value <= 1
    assert measured.drafting_tokens_per_s > 0
