"""What changed since then, and whether it is real: values of runs go in, verdicts come out."""
