"""Power meters: one kind a file, listed in `registry.py`; how they are sampled while a board drafts."""
