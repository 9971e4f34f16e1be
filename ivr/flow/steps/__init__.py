"""One file a verb: pure functions over state and flow."""
