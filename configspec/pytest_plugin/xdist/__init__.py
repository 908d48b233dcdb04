"""One worker a device, with pytest-xdist."""
