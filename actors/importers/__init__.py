"""The formats of lists of actors."""
