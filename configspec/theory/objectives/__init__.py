"""What a configuration is worth, one objective a file."""
