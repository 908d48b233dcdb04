"""Acceptance, drafting time, objectives and statistics: arithmetic that touches nothing but its arguments."""
