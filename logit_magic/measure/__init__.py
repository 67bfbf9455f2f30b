"""What a pair really does on a bounded batch: the sample, the model's outputs on it, and the loss under both readings."""
