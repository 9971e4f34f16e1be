"""A call in flight: the only room that starts tasks."""
