"""Figures of a file of rows in the forms that other tools read, one form a file."""
