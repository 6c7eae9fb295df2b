"""Codemods that prove or refuse."""
