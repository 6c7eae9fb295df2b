"""Checks every rewritten file before it is written: by other code than made it, and by the linter."""
