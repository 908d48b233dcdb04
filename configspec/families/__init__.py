"""Draft and target models: converting, quantising, storing and checking them."""
