"""Where a rule never reports: the kinds of file that ``Rule.skips`` names."""

from __future__ import annotations

from torchgate.lint.rule import RUNTIME, STUB, TESTS, TORCH_BOUND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.config import Config, FileInfo
    from torchgate.lint.rule import Rule


def is_skipped(rule: Rule, config: Config, info: FileInfo) -> bool:
    """Whether ``rule`` has nothing to say in a file of this kind."""
    skips = rule.skips
    return (
        (info.is_stub and STUB in skips)
        or (info.is_test and TESTS in skips)
        or (info.is_runtime and RUNTIME in skips and not _judges_packages(rule, config))
        or (info.is_torch_bound and TORCH_BOUND in skips and not _judges_packages(rule, config))
    )


def _judges_packages(rule: Rule, config: Config) -> bool:
    """Import rules decide by package (``Module.is_guarded``) where a package has runtime modules of its own:
    torch's runtime module may not import cupy then."""
    return rule.code.startswith("TG1") and any(config.gated_packages.values())
