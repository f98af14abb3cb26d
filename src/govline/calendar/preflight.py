"""Before reception opens: what in a programme cannot work, and what staff do about it. Pure."""
