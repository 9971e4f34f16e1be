"""Who has the floor. Pure."""
