"""How often speculative decoding accepts: exactly, and by expectation."""
