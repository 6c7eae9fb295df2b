"""Probes of the installed torch that the table of factories is generated from."""
