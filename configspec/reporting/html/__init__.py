"""A report as one page of HTML that needs nothing beside it: no network, no script, no file."""
