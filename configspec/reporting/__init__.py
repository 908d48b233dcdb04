"""What a run has to say, as sections, and renderers that write them for people and programs."""
