"""The procedures: what is done to a device and a target to know a configuration."""
