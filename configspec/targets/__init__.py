"""Target models, each kind behind its own class."""
