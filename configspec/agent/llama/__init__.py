"""llama.cpp, and the model that it has opened."""
