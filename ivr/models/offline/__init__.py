"""Models without a network; engines.py bundles them by the name of a profile."""
