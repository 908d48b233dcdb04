"""How tokens are proposed: one file an algorithm."""
