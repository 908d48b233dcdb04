"""configspec: which draft model, quantisation and K, on which edge device, for speculative decoding. Measured."""

__version__ = "0.1.0"
