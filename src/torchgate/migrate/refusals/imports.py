"""Pages: facade imports, the injected handle and the effect."""

from __future__ import annotations

from torchgate.migrate.refusals.page import Page
from torchgate.migrate.refusals.reason import RefusalReason as R

PAGES: dict[R, Page] = {
    R.FACADE_NAME_UNKNOWN: Page(
        what=(
            "Where the imported name comes from cannot be told: a star import, a name made at run time, a "
            "module `__getattr__`, or a facade whose source is not in the project."
        ),
        why="The import has to be replaced by its origin, and there is none to name.",
        by_hand="Import the name from where it is defined.",
        example="from project.torch_facade import *",
    ),
    R.FACADE_HAS_SIDE_EFFECTS: Page(
        what="Importing the facade does something besides importing: it sets flags, seeds, logs, registers.",
        why="Without the import nobody does it, or later.",
        by_hand="Move that into the runtime module's effect, then run the migration again.",
        example="import project.torch_facade  # flips determinism flags",
    ),
    R.TORCH_AT_IMPORT_TIME: Page(
        what=(
            "This module needs torch while it is imported: a base class, a decorator, a constant, a default "
            "argument."
        ),
        why="A handle exists only once the effect has run, and that is after imports.",
        by_hand=(
            "Add the line given in the detail to `torch-bound-modules`, and import this module only inside "
            "functions that hold the handle; the importers to move are listed with it. Where it is classes "
            "alone that need torch, `--unsafe` may make builder functions of them (docs/migrate.md)."
        ),
        example="class Net(torch.nn.Module): ...",
    ),
    R.NO_HANDLE_IN_REACH: Page(
        what="The function would take the handle as a parameter, and a caller has none to pass.",
        why=(
            "The caller is outside the project, is called by a framework, or sits at the top level of a "
            "module."
        ),
        by_hand="Apply the effect in the entry module and pass the handle down to here.",
        example="def on_request(payload):  # called by the web framework\n    return torch.tensor(payload)",
    ),
    R.HANDLE_READ_ELSEWHERE: Page(
        what=(
            "A name that would leave the module, a global that holds the handle or an imported one, is read "
            "from elsewhere or is there for others: a package's `__init__` hands on what it imports, and "
            "`# noqa: F401` or `import x as x` says so of any module."
        ),
        why="Removing the name breaks whoever reads it, and not all of them need be in the project.",
        by_hand=(
            "Give those readers the handle as a parameter, or the import, first. Delete an import that "
            "nobody needs any more; a package that offers what is torch-bound belongs under "
            "`torch-bound-modules` itself."
        ),
        example="TORCH = apply_torch_runtime(decide_torch_runtime())",
    ),
    R.EFFECT_ORDER: Page(
        what="The effect runs at import time, and code that is imported after it relies on that.",
        why="Moved into the entry point, the effect would run later than what it has to precede.",
        by_hand="Move that code into functions that take the handle; then move the effect.",
        example="TORCH = apply_torch_runtime(decide_torch_runtime())\nTABLE = TORCH.linspace(0, 1, 9)",
    ),
    R.EFFECT_APPLIED_TWICE: Page(
        what="Another place that one run can reach applies an effect as well.",
        why=(
            "Moved into the program, this call would be the second one of the same run, or the first. Which "
            "of the two decides, with which policy, is not for a migration to choose; where both are equal "
            "and nothing runs between them, the one without a use is removed."
        ),
        by_hand="Keep one of the two, in the program, and pass its handle on to the code around the other.",
        example=(
            "HANDLE = apply_torch_runtime(decide_torch_runtime())\n\n\ndef main():\n"
            "    torch = apply_torch_runtime(decide_torch_runtime())"
        ),
    ),
    R.UNSAFE_REWRITE: Page(
        what="A rewrite exists, and it is one that can change behaviour.",
        why=(
            "It rests on a convention (a builder that returns a class made inside a function, for example) "
            "that code elsewhere may not follow."
        ),
        by_hand=(
            "Read the diff of `torchgate migrate --unsafe --diff`, and take it with `--unsafe` if it is "
            "right."
        ),
        example="class Net(torch.nn.Module): ...  # would be made by build_net(torch)",
    ),
    R.RETIRED_FACADE: Page(
        what="This is the facade's own file.",
        why=(
            "Nothing in it has to be rewritten: once no module imports it, it is dead code, and a migration "
            "deletes no files."
        ),
        by_hand=(
            "When `torchgate migrate` leaves no import of it, delete the file. What it set at import belongs "
            "into the effect of the runtime module."
        ),
        example="# project/torch_facade.py\nimport torch",
    ),
    R.IMPORT_HAS_SIDE_EFFECTS: Page(
        what=(
            "The module from which the name was taken does something besides defining names while it is "
            "imported, or something that it imports does."
        ),
        why="Without this import it happens later, in another order, or not at all.",
        by_hand=(
            "Move it into a function that the program calls; or, if the module is needed for what it does, "
            "import the module itself."
        ),
        example="from project.util import torch  # project/util.py also registers codecs",
    ),
    R.CONDITIONAL_IMPORT: Page(
        what=(
            "The import stands in a `try` or under a condition, or the name is bound again elsewhere: the "
            "module is written to work without torch, or with another object under its name."
        ),
        why="A handle is always there. Which branch the code takes today is decided when it runs.",
        by_hand=(
            "Decide whether torch is optional here. If not, import it plainly and run the migration again; "
            "if it is, give the functions that need it a parameter for the handle."
        ),
        example="try:\n    import torch\nexcept ImportError:\n    torch = None",
    ),
    R.SUBMODULE_NOT_LOADED: Page(
        what="The name lies in a part of torch that `import torch` alone does not load.",
        why=(
            "The handle gives what torch has as attributes. This submodule becomes one only when somebody "
            "imports it."
        ),
        by_hand=(
            "Import the submodule in a torch-bound module or in the runtime module, and pass on what is "
            "needed of it."
        ),
        example="import torch.utils.tensorboard as tensorboard",
    ),
    R.MODULE_WRITTEN: Page(
        what=(
            "The project puts something else in the place of an attribute of torch: it sets or deletes it, "
            "or a test patches it."
        ),
        why=(
            "Set on a handle it would change the handle, and not the module that everybody shares. And what "
            "stands there while the code runs need not take a keyword, nor follow the defaults as torch does."
        ),
        by_hand="Patch the module where it is allowed to be imported, or better: do not patch it.",
        example="torch.zeros = traced(torch.zeros)",
    ),
    R.INSIDE_F_STRING: Page(
        what="The expression to change stands inside an f-string.",
        why="Before Python 3.12 the parser does not say where in the file such an expression stands.",
        by_hand=(
            "Bind the value to a name before the f-string, or run the migration with Python 3.12 or newer."
        ),
        example='print(f"losses: {train(3)}")',
    ),
    R.ANNOTATION_READ: Page(
        what=(
            "An annotation names something of torch, and may be read while the program runs: the function is "
            "decorated or handed to somebody, the class derives from one that may read its fields or is "
            "itself handed to somebody, or the project reads annotations of what it is given."
        ),
        why=(
            "The import would stay for type checkers alone. Whoever resolves the annotation at run time "
            "(pydantic, typer, TorchScript, `typing.get_type_hints`) would find no such name."
        ),
        by_hand=(
            "If nobody reads it, move the import under `if TYPE_CHECKING:` yourself. If somebody does, the "
            "module needs torch: list it under `torch-bound-modules`."
        ),
        example="@app.command\ndef show(x: torch.Tensor) -> None: ...",
    ),
}
