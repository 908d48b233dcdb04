"""The boards: how to reach them, and what they do when asked."""
