"""Flows as people look at them: in words, as a picture, against another version, and what is proven of them. Pure."""
