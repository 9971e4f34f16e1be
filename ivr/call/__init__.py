"""One call's mind: hearing, floor and flow joined. Pure."""
