"""Files of figures: rows of pytest-benchmark's JSON, the journal, profiles that stand for boards."""
