"""Ports around ports: several who may be asked as one, and what may be spent on them."""
