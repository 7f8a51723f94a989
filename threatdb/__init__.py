"""threatdb: who did what, where and when, who claimed it, who is blamed for it, and on whose word."""

__version__ = "1.0.0"
