"""The testbed as its files declare it: `devices.yaml`, what is selected from it, and the prompt sets."""
