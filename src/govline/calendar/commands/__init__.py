"""`govline calendar …`: what staff and operators do at a terminal."""
