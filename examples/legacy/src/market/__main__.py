"""``python -m market``: start torch, train, print the losses."""

import sys

from market.runtime import start_torch
from market.train import train


def main():
    """Losses go to standard output, what they were made with to standard error."""
    torch_handle = start_torch()
    print(train())
    print(f"torch {torch_handle.__version__}", file=sys.stderr)


if __name__ == "__main__":
    main()
