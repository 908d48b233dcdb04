"""Chat templates: where a model keeps its own, and rendering one without believing it."""
