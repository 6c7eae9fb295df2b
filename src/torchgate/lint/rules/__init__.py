"""Every rule, in the order of its code. A rule's page is its module's docstring."""

from __future__ import annotations

import sys

from torchgate.lint.rules import (
    tg101_raw_torch_import,
    tg102_dynamic_torch_import,
    tg103_type_only_torch_at_run_time,
    tg104_implicit_torch_import,
    tg105_torch_reexport,
    tg107_torch_bound_import,
    tg201_facade_import,
    tg202_import_order_guard,
    tg203_import_time_thread_guard,
    tg204_import_time_effect,
    tg205_global_handle,
    tg206_facade_guidance,
    tg301_set_global_default,
    tg302_default_helper,
    tg303_ambient_device,
    tg304_read_global_default,
    tg305_default_helper_definition,
    tg306_implicit_placement,
    tg307_silent_device_fallback,
    tg401_determinism_flag_outside_runtime,
    tg402_determinism_env_outside_runtime,
    tg403_determinism_weakened,
    tg404_incomplete_effect,
    tg405_swallowed_rejection,
    tg406_repeated_effect,
    tg900_unreadable_file,
    tg901_unused_suppression,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.lint.rule import Rule

ALL: tuple[Rule, ...] = (
    tg101_raw_torch_import.RULE,
    tg102_dynamic_torch_import.RULE,
    tg103_type_only_torch_at_run_time.RULE,
    tg104_implicit_torch_import.RULE,
    tg105_torch_reexport.RULE,
    tg107_torch_bound_import.RULE,
    tg201_facade_import.RULE,
    tg202_import_order_guard.RULE,
    tg203_import_time_thread_guard.RULE,
    tg204_import_time_effect.RULE,
    tg205_global_handle.RULE,
    tg206_facade_guidance.RULE,
    tg301_set_global_default.RULE,
    tg302_default_helper.RULE,
    tg303_ambient_device.RULE,
    tg304_read_global_default.RULE,
    tg305_default_helper_definition.RULE,
    tg306_implicit_placement.RULE,
    tg307_silent_device_fallback.RULE,
    tg401_determinism_flag_outside_runtime.RULE,
    tg402_determinism_env_outside_runtime.RULE,
    tg403_determinism_weakened.RULE,
    tg404_incomplete_effect.RULE,
    tg405_swallowed_rejection.RULE,
    tg406_repeated_effect.RULE,
    tg900_unreadable_file.RULE,
    tg901_unused_suppression.RULE,
)


def page(code: str) -> str:
    """A rule's documentation page in Markdown, by its code.

    Raises:
        KeyError: no rule has that code.
    """
    for rule in ALL:
        if rule.code == code:
            return sys.modules[rule.check.__module__].__doc__ or ""
    raise KeyError(code)
