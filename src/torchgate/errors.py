"""Errors that a user caused and can mend: the command line turns them into exit code 2."""


class UsageError(Exception):
    """Bad usage or configuration. The message names the file, the line where there is one, and the remedy."""
