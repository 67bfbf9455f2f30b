"""What a loss expects its y_pred to be: from the configuration of Keras' own losses."""
