"""Whether figures can be, held against each other and against what else is known: one rule a class."""
