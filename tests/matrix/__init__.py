"""Both ends of the supported range of versions, run by one command."""
