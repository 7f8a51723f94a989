"""Threat profiles: how often, how deadly, where and against whom an actor strikes, or what strikes a place.

No figure is sharper than what it is made of, and each says on how many rows it stands.
"""
