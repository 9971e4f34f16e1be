"""What an operator's YAML means: pure."""
