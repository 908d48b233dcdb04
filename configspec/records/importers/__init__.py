"""Figures that other tools have printed, read into the form of a profile file (docs/importing.md)."""
