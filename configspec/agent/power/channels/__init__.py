"""Ways to reach a meter that is no file: programs, services of the network, serial ports."""
