"""Which loss meets which output of which model."""
