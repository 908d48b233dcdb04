"""Runs over time: read from files, storage, folders and git, kept, compared and judged."""
