"""``torchgate explain CODE``: a rule's page, or that of a reason for which ``migrate`` refuses a site."""

from __future__ import annotations

from torchgate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

HELP = "Print the page of a rule, or of a reason for which `migrate` leaves a site alone."


def configure(parser: ArgumentParser) -> None:
    """The options of ``explain``."""
    what = "a rule's code or name, such as TG101, or a reason, such as yield-in-block"
    parser.add_argument("code", metavar="CODE", help=what)


def run(arguments: Namespace) -> int:
    """Print the page.

    Raises:
        UsageError: no rule and no reason has this name.
    """
    from torchgate.lint.rules import ALL, page

    asked = arguments.code.strip()
    for rule in ALL:
        if asked.upper() == rule.code or asked.lower() == rule.name:
            text = page(rule.code).strip()
            if not text:
                raise UsageError("Python was started with -OO (or PYTHONOPTIMIZE=2), which strips the pages")
            print(f"# {rule.code}: {rule.name}\n\n{text}")
            return 0
    from torchgate.migrate import refusals

    reason = refusals.find(asked)
    if reason is not None:
        print(refusals.page(reason).render(reason.value).strip())
        return 0
    known = [name for rule in ALL for name in (rule.code, rule.name)]
    raise UsageError(_unknown(asked, known, [reason.value for reason in refusals.RefusalReason]))


def _unknown(asked: str, rules: list[str], reasons: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(asked.lower(), [*map(str.lower, rules), *reasons], 1, 0.5)
    spelled = {name.lower(): name for name in (*rules, *reasons)}
    hint = f"did you mean {spelled[close[0]]}?" if close else "`torchgate rules` lists the rules"
    several = [name for name in rules if name.startswith(asked.upper())]
    if several and asked:
        hint = f"these begin so: {', '.join(several)}"
    return f"no rule and no reason is called {asked!r}; {hint}"
