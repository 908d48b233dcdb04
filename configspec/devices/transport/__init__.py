"""How requests reach an agent and replies come back."""
