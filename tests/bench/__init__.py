"""How fast lists are: synthetic incidents, a plain list to compare with, and the measurements (`./run bench`)."""
