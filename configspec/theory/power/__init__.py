"""Measured energy as arithmetic: from the samples of a meter to watts and joules, each with its doubt."""
