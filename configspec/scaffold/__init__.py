"""Folders that configspec makes for a newcomer: a testbed of their own, and the paper's boards to look at."""
