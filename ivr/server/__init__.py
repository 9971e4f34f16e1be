"""The HTTP application and the media socket, on one port."""
