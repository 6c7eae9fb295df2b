"""Notebooks, Markdown and reStructuredText as sources with a position map."""
