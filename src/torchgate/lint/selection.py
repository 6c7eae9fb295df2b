"""Which rules run in a project and in a file: select, ignore and their kin, as ruff has them.

The longest prefix wins, ``ignore`` at a tie. The command line is a second layer: its ``--select`` starts
anew, its other options adjust what the configuration selected.
"""

from __future__ import annotations

from torchgate.errors import UsageError
from torchgate.globs import Globs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torchgate.config import Config, FileInfo
    from torchgate.lint.rule import Rule

UNREADABLE = "TG900"
UNUSED_SUPPRESSION = "TG901"
OWN_CODES = (UNREADABLE, UNUSED_SUPPRESSION)
PREFIX = "TG"
EVERYTHING = "ALL"
# Prefixes that do not wake an opt-in rule.
_BROAD = ("T", PREFIX, EVERYTHING)
# Tests may look at the ambient default that they exercise.
DEFAULT_TEST_IGNORES = ("TG304",)


class Overrides:
    """What the command line says about the selection; None means that the option was not given."""

    __slots__ = ("extend_ignore", "extend_select", "ignore", "preview", "select")

    def __init__(
        self,
        *,
        select: tuple[str, ...] | None = None,
        ignore: tuple[str, ...] = (),
        extend_select: tuple[str, ...] = (),
        extend_ignore: tuple[str, ...] = (),
        preview: bool | None = None,
    ) -> None:
        self.select = select
        self.ignore = ignore
        self.extend_select = extend_select
        self.extend_ignore = extend_ignore
        self.preview = preview

    @property
    def narrows(self) -> bool:
        """Whether ``--select`` asked for less than everything."""
        return self.select is not None and not {PREFIX, EVERYTHING} & set(self.select)


class Selection:
    """The rules that one configuration, and the command line over it, leave to run."""

    __slots__ = ("_patterns", "_test_ignores", "enabled", "known", "narrowed", "rules")

    def __init__(self, config: Config, rules: Sequence[Rule], overrides: Overrides | None = None) -> None:
        """Raises UsageError where the configuration names a code that no rule has."""
        overrides = overrides or Overrides()
        lint = config.lint
        rules = [rule for rule in rules if rule.code not in OWN_CODES]
        self.known = known = (*(rule.code for rule in rules), *OWN_CODES)
        _check_configured(config, known)
        preview = lint.preview if overrides.preview is None else overrides.preview
        config_on = (*(lint.select if lint.select is not None else (PREFIX,)), *lint.extend_select)
        config_off = (*lint.ignore, *lint.extend_ignore)
        layer_on = (*(overrides.select or ()), *overrides.extend_select)
        layer_off = (*overrides.ignore, *overrides.extend_ignore)

        def chosen(code: str, opt_in: bool, is_preview: bool) -> bool:
            if is_preview and not preview:
                return False
            answer = None
            if overrides.select is None:
                answer = _decide(code, config_on, config_off, opt_in)
            layered = _decide(code, layer_on, layer_off, opt_in)
            return bool(answer if layered is None else layered)

        self.rules = tuple(rule for rule in rules if chosen(rule.code, rule.opt_in, rule.preview))
        self.enabled = frozenset(rule.code for rule in self.rules)
        if _decide(UNREADABLE, (PREFIX,), (*config_off, *layer_off), False):
            # A file that nothing could look at must not pass as clean because a selection forgot TG900.
            self.enabled |= {UNREADABLE}
        if chosen(UNUSED_SUPPRESSION, False, False):
            self.enabled |= {UNUSED_SUPPRESSION}
        self.narrowed = overrides.narrows
        per_file = dict(lint.per_file_ignores or {})
        for pattern, codes in lint.extend_per_file_ignores.items():
            per_file[pattern] = (*per_file.get(pattern, ()), *codes)
        self._patterns = [
            (Globs([pattern.removeprefix("!")]), pattern.startswith("!"), codes)
            for pattern, codes in per_file.items()
        ]
        self._test_ignores = DEFAULT_TEST_IGNORES if lint.per_file_ignores is None else ()

    def ignored_in(self, relative: str, info: FileInfo) -> tuple[str, ...]:
        """The codes and prefixes that per-file-ignores hush in the file at ``relative`` to the root."""
        ignored = self._test_ignores if info.is_test else ()
        for globs, negated, codes in self._patterns:
            if globs.match(relative) != negated:
                ignored = (*ignored, *codes)
        return ignored


def _check_configured(config: Config, known: Sequence[str]) -> None:
    lint = config.lint
    keys = ("select", "ignore", "extend_select", "extend_ignore")
    named = [(key, code) for key in keys for code in getattr(lint, key) or ()]
    for key in ("per_file_ignores", "extend_per_file_ignores"):
        named += [(key, code) for codes in (getattr(lint, key) or {}).values() for code in codes]
    for key, code in named:
        if not _is_known(code, known):
            from torchgate.config_load import place_of

            option = key.replace("_", "-")
            check_codes([code], known, f"{place_of(config, option)}: `{option}`")


def matches(code: str, prefixes: Iterable[str]) -> bool:
    """Whether ``code`` begins with one of ``prefixes``, or they include ALL."""
    return any(prefix == EVERYTHING or code.startswith(prefix) for prefix in prefixes)


def _decide(code: str, on: Iterable[str], off: Iterable[str], opt_in: bool) -> bool | None:
    """True or False as the longest prefix says, None where nothing speaks of the code."""
    selected = _longest(code, (prefix for prefix in on if not opt_in or prefix not in _BROAD))
    ignored = _longest(code, off)
    if selected < 0 and ignored < 0:
        return None
    return selected > ignored


def _longest(code: str, prefixes: Iterable[str]) -> int:
    longest = -1
    for prefix in prefixes:
        if prefix == EVERYTHING:
            longest = max(longest, 0)
        elif code.startswith(prefix):
            longest = max(longest, len(prefix))
    return longest


def check_codes(codes: Iterable[str], known: Sequence[str], place: str) -> None:
    """Raises UsageError, naming the nearest known code, where one of ``codes`` selects nothing."""
    for code in codes:
        if not _is_known(code, known):
            raise UsageError(f"{place}: unknown code {code!r}{_nearest(code, known)}")


def _is_known(code: str, known: Iterable[str]) -> bool:
    return code == EVERYTHING or any(rule.startswith(code) for rule in known)


def _nearest(code: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    from torchgate.lint.rules import ALL

    if _is_known(code.upper(), known):
        return f"; did you mean {code.upper()}?"
    codes = {rule.name: rule.code for rule in ALL}
    named = get_close_matches(code.lower(), codes, 1, 0.8)
    close = [codes[named[0]]] if named else get_close_matches(code.upper(), known, 1, 0.5)
    return f"; did you mean {close[0]}?" if close else "; `torchgate rules` lists the codes"
