"""``torchgate rules``: the table of rules."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from torchgate.lint.rule import Rule

HELP = "Print the table of rules."


def configure(parser: ArgumentParser) -> None:
    """The options of ``rules``."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def run(arguments: Namespace) -> int:
    """Print every rule in the order of the codes."""
    from torchgate.lint.rules import ALL

    if arguments.format == "json":
        import json

        print(json.dumps([_fields(rule) for rule in ALL], indent=2))
        return 0
    width = max(len(rule.name) for rule in ALL)
    for rule in ALL:
        notes = _notes(rule)
        shown = f"{_summary(rule)} ({notes})" if notes else _summary(rule)
        print(f"{rule.code}  {rule.name:<{width}}  {shown}".rstrip())
    return 0


def _summary(rule: Rule) -> str:
    """The first line of a rule's page; empty where Python strips it (-OO)."""
    from torchgate.lint.rules import page

    return page(rule.code).strip().partition("\n")[0]


def _notes(rule: Rule) -> str:
    notes = [f"{rule.fix} fix"] if rule.fix else []
    notes += ["opt-in"] if rule.opt_in else []
    notes += ["preview"] if rule.preview else []
    return ", ".join(notes)


def _fields(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": _summary(rule),
        "fix": rule.fix,
        "opt_in": rule.opt_in,
        "preview": rule.preview,
    }
