"""Text of others (an error's, a process's output, a path) in a report or a log."""

from __future__ import annotations


def one_line(text: str) -> str:
    """``text`` on one line, with what a terminal would obey or could not show escaped."""
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(map(_escaped, line))


def _escaped(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]
