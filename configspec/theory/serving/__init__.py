"""What is assumed of the verifier: its latency, the link to it, and what it bills."""
