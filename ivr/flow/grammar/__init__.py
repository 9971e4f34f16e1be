"""Conditions and fields: two small typed languages, read, typed and evaluated."""
