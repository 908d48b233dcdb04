"""Bringing a bare board to where it can be measured: looked at, planned, and done step by step."""
