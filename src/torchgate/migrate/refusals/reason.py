"""The closed enum of refusal reasons."""

from __future__ import annotations

import enum


class RefusalReason(enum.Enum):
    """One value for each kind of thing that no proof gets past. Values are stable."""

    # The block, decorator or pair of calls that sets the default (blocks.py).
    HELPER_NOT_UNDERSTOOD = "helper-not-understood"
    HELPER_DEFINITION = "helper-definition"
    PLACEMENT_UNKNOWN = "placement-unknown"
    ARGUMENT_HAS_SIDE_EFFECTS = "argument-has-side-effects"
    ARGUMENT_REBOUND = "argument-rebound"
    CONTEXT_VALUE_USED = "context-value-used"
    CONDITIONAL_CONTEXT = "conditional-context"
    EXIT_STACK_ESCAPES = "exit-stack-escapes"
    RESTORE_NOT_PAIRED = "restore-not-paired"
    DEFAULT_SET_FOR_GOOD = "default-set-for-good"
    DEFAULT_CHANGED_INSIDE = "default-changed-inside"
    YIELD_IN_BLOCK = "yield-in-block"
    AWAIT_IN_BLOCK = "await-in-block"
    DEFERRED_CODE = "deferred-code"
    THREAD_IN_BLOCK = "thread-in-block"

    # A call that the default reaches (calls.py).
    UNKNOWN_CALLEE = "unknown-callee"
    THIRD_PARTY_CALLEE = "third-party-callee"
    NOT_IN_FACTORY_TABLE = "not-in-factory-table"
    NO_EQUIVALENT_KEYWORD = "no-equivalent-keyword"
    LEGACY_CONSTRUCTOR = "legacy-constructor"
    ARGUMENT_KIND_UNKNOWN = "argument-kind-unknown"
    POSITIONAL_PLACEMENT = "positional-placement"
    PLACEMENT_MAYBE_NONE = "placement-maybe-none"
    STAR_ARGUMENTS = "star-arguments"
    OUT_ARGUMENT = "out-argument"
    INTEGER_PROMOTION = "integer-promotion"
    NUMBERS_BECOME_TENSORS = "numbers-become-tensors"
    OPTIMIZER_STATE = "optimizer-state"
    DATA_LOADING = "data-loading"
    PRINTS_TENSOR = "prints-tensor"
    READS_DEFAULT = "reads-default"

    # A project function that would have to take the placement as parameters (functions.py).
    FUNCTION_ESCAPES = "function-escapes"
    METHOD_OVERRIDDEN = "method-overridden"
    DECORATED_FUNCTION = "decorated-function"
    CACHED_FUNCTION = "cached-function"
    NAME_COLLISION = "name-collision"
    KEYWORDS_FORWARDED = "keywords-forwarded"
    IMPLICIT_CALL = "implicit-call"

    # Facade imports, handles and effects (imports.py).
    FACADE_NAME_UNKNOWN = "facade-name-unknown"
    FACADE_HAS_SIDE_EFFECTS = "facade-has-side-effects"
    TORCH_AT_IMPORT_TIME = "torch-at-import-time"
    NO_HANDLE_IN_REACH = "no-handle-in-reach"
    HANDLE_READ_ELSEWHERE = "handle-read-elsewhere"
    EFFECT_ORDER = "effect-order"
    EFFECT_APPLIED_TWICE = "effect-applied-twice"
    UNSAFE_REWRITE = "unsafe-rewrite"
    RETIRED_FACADE = "retired-facade"
    IMPORT_HAS_SIDE_EFFECTS = "import-has-side-effects"
    CONDITIONAL_IMPORT = "conditional-import"
    SUBMODULE_NOT_LOADED = "submodule-not-loaded"
    MODULE_WRITTEN = "module-written"
    INSIDE_F_STRING = "inside-f-string"
    ANNOTATION_READ = "annotation-read"

    # The file, not the code (files.py).
    SUPPRESSED = "suppressed"
    NEEDS_WHOLE_PROJECT = "needs-whole-project"
    PART_REFUSED = "part-refused"
    NO_CODEMOD = "no-codemod"
    NOT_A_PYTHON_FILE = "not-a-python-file"
    NOT_EDITABLE = "not-editable"
    READ_ONLY_FILE = "read-only-file"
    FILE_CHANGED = "file-changed"
    NOT_VERIFIED = "not-verified"
