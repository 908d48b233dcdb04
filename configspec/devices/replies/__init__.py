"""What a device answers, as plain values: one class a kind of reply, by subject."""
