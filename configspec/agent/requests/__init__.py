"""What the host may ask of the agent: one class a request, shared by both sides; `registry.py` has them all."""
