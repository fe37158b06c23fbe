"""Every public callable with valid arguments, and what is tried in each one's place."""
