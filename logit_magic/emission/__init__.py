"""What a model emits: the interval, the simplex and the maker of every output tensor, read off Keras' op graph."""
