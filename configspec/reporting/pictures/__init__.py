"""Pictures of what was measured: figures go in, a drawing comes out with the words and the table that say the same."""
