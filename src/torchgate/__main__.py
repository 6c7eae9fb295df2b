"""``python -m torchgate``: the same as the ``torchgate`` command."""

from torchgate.cli import entry

if __name__ == "__main__":
    raise SystemExit(entry())
