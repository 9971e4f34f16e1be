"""Words and keys to slots, options and commands."""
