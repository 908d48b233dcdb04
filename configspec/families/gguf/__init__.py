"""GGUF files: read, written, quantised."""
