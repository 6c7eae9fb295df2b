"""What comes from elsewhere (an error's text, a process's output and end, a path) in a report or a log."""

from __future__ import annotations


def one_line(text: str) -> str:
    """``text`` on one line, with what a terminal would obey or could not show escaped."""
    line = " ".join(text.split())
    return line if line.isprintable() else "".join(map(_escaped, line))


def killed_by(code: int) -> str:
    """What killed a process that ended with ``code`` (of `subprocess`); the empty text if nothing did."""
    import signal

    if code >= 0:
        return ""
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
    return f"{name}, as the system does where memory runs out" if name == "SIGKILL" else name


def _escaped(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]
