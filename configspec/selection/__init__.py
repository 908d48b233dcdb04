"""Which configuration serves best: rankings with their doubt, and what one objective costs in the others."""
