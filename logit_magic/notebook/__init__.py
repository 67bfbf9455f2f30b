"""The notebook door: options, cell hooks, display. Nothing here judges or analyses."""
