"""What a panel explores of a pair: a few rows under both readings, what decoding makes of them, the loss's curve."""
