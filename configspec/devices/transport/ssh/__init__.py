"""Boards that the OpenSSH client reaches."""
