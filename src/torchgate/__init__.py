"""torchgate: torch enters a code base through one gate."""

__version__ = "0.1.0"
