"""Writes the results: every file whole, old or new, whatever stops the run, and groups of files together."""
