"""Rankings for people and programs."""
