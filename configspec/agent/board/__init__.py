"""The board itself: what it is, how it is, who holds it, and its files."""
