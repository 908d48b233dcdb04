"""A target behind an OpenAI-compatible API."""
