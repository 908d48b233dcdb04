"""All that runs on the board: a loop that reads requests, and llama.cpp behind it.

The host packs this folder into one zip file, in which it is the package `configspec_agent`, and runs
`python <zip>`; hence relative imports, the standard library only, and nothing newer than Python 3.8.
`llama_cpp` is imported when a model is opened, and numpy with it, which it depends on. Nothing of configspec is.
"""
