"""``torchgate explain CODE``: a rule's page."""

from __future__ import annotations

from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "Print a rule's page: what it does, why, an example, what to use instead."


def configure(parser: ArgumentParser) -> None:
    """The options of ``explain``."""
    parser.add_argument("code", metavar="CODE", help="a rule's code or name, such as TG101")


def run(arguments: Namespace) -> int:
    """Print the page.

    Raises:
        UsageError: no rule has this code or name.
    """
    from torchgate.lint.rules import ALL, page

    asked = arguments.code.strip()
    for rule in ALL:
        if asked.upper() == rule.code or asked.lower() == rule.name:
            text = page(rule.code).strip()
            if not text:
                raise UsageError("Python was started with -OO (or PYTHONOPTIMIZE=2), which strips the pages")
            print(text)
            return 0
    from difflib import get_close_matches

    known = [name for rule in ALL for name in (rule.code, rule.name)]
    close = get_close_matches(asked, known, 1, 0.5) or get_close_matches(asked.upper(), known, 1, 0.5)
    hint = f"did you mean {close[0]}?" if close else "`torchgate rules` lists them"
    raise UsageError(f"no rule is called {asked!r}; {hint}")
