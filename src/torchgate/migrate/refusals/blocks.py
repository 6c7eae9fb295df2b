"""Pages: the block, decorator or pair of calls that sets an ambient default."""

from __future__ import annotations

from torchgate.migrate.refusals.page import Page
from torchgate.migrate.refusals.reason import RefusalReason as R

PAGES: dict[R, Page] = {
    R.HELPER_NOT_UNDERSTOOD: Page(
        what=(
            "A default helper is used here, and its definition does something besides setting a default "
            "device or dtype and restoring it, or its definition cannot be seen."
        ),
        why=(
            "What else it does (seeding, logging, swallowing exceptions, holding a lock) would be lost with "
            "the block."
        ),
        by_hand=(
            "Move the other effects out of the helper, or replace this use by explicit `device=` and "
            "`dtype=`."
        ),
        example="with default_device(spec):  # also seeds the generator\n    x = torch.zeros(3)",
    ),
    R.HELPER_DEFINITION: Page(
        what="This is the definition of a default helper, or a part of it; or a fixture that sets a default.",
        why=(
            "Nothing in the project shows whether code outside it imports the helper. A fixture sets the "
            "default for whichever tests ask for it, and for all that these call."
        ),
        by_hand=(
            "Once `torchgate check` finds no use of a helper any more, delete the definition. Have the "
            "fixture give the tests a device and a dtype, which they pass on."
        ),
        example=(
            "@contextmanager\ndef default_dtype(dtype):\n    old = torch.get_default_dtype()\n"
            "    torch.set_default_dtype(dtype)\n    try:\n        yield\n    finally:\n"
            "        torch.set_default_dtype(old)"
        ),
    ),
    R.PLACEMENT_UNKNOWN: Page(
        what=(
            "The device or dtype that the helper is given is not known well enough: which of its arguments "
            "is which, or a default dtype other than float32 and float64."
        ),
        why=(
            "The table of factories was measured under float32 and float64. Half types differ: their "
            "complex partner and the dtype of step counters are others."
        ),
        by_hand=(
            "Give device and dtype as two plain values, or write the keywords yourself and compare results."
        ),
        example="with default_dtype(config.precision):\n    x = torch.tensor(1j)",
    ),
    R.ARGUMENT_HAS_SIDE_EFFECTS: Page(
        what=(
            "The helper's argument is a call, and it cannot be moved without changing when or how often it "
            "runs."
        ),
        why=(
            "A rewritten site evaluates the argument once, where the block began. Here something in between "
            "depends on that moment."
        ),
        by_hand="Bind the argument to a name before the block, then run the migration again.",
        example="with lock, default_device(next(devices)):\n    x = torch.zeros(3)",
    ),
    R.ARGUMENT_REBOUND: Page(
        what=(
            "The name that holds the device or dtype is bound again, or deleted, before the last use in the "
            "block."
        ),
        why="The block keeps the value from its beginning; a keyword would read the new one.",
        by_hand="Give the second value a name of its own.",
        example="with default_device(device):\n    device = pick()\n    x = torch.zeros(3)",
    ),
    R.CONTEXT_VALUE_USED: Page(
        what="The value after `as` is used.",
        why="Without the block there is no such value, and what it does is the helper's own matter.",
        by_hand="Pass on what the value stands for (most often the device) and use that name instead.",
        example="with default_device(device) as where:\n    log(where)",
    ),
    R.CONDITIONAL_CONTEXT: Page(
        what="Whether a default is set at all depends on a condition.",
        why=(
            "A keyword is either there or not; `device=None` would need a proof that None means the same "
            "here."
        ),
        by_hand="Decide the device once, as a value, in both branches, and pass it as a keyword.",
        example="with default_device(device) if gpu else nullcontext():\n    x = torch.zeros(3)",
    ),
    R.EXIT_STACK_ESCAPES: Page(
        what=(
            "The ExitStack on which the default is entered is returned, stored, passed on or closed "
            "elsewhere."
        ),
        why="Where the default ends cannot be seen, so the calls that it reaches cannot be listed.",
        by_hand="Enter the default in a with-block of its own, around the calls that need it.",
        example="stack.enter_context(default_device(device))\nreturn stack",
    ),
    R.RESTORE_NOT_PAIRED: Page(
        what=(
            "A default is saved, set and restored, but not on every path, not in one function, or not to "
            "what was saved."
        ),
        why=(
            "On some path the default stays changed, and code outside may rely on it. A helper that "
            "restores with `set_default_device('cpu')` leaves a device mode on for ever."
        ),
        by_hand=(
            "Restore in a `finally` of the same function, to the saved value; then run the migration again."
        ),
        example=(
            "old = torch.get_default_dtype()\n"
            "torch.set_default_dtype(torch.float64)\n"
            "work()\n"
            "torch.set_default_dtype(old)  # skipped if work() raises"
        ),
    ),
    R.DEFAULT_SET_FOR_GOOD: Page(
        what="A default is set and never restored.",
        why="It reaches everything that runs afterwards, in every module, until the process ends.",
        by_hand=(
            "Find the parts that make tensors, and pass them device and dtype. `torchgate check --select "
            "TG306` lists the calls without explicit placement."
        ),
        example="torch.set_default_dtype(torch.float64)",
    ),
    R.DEFAULT_CHANGED_INSIDE: Page(
        what="Code inside the block sets a default itself, or enters a context that may.",
        why=(
            "From there on another default holds, and from where to where depends on the path taken. And "
            "torch wrongly ends a `torch.device` block in which `set_default_device` restores a default: "
            "`get_default_device()` then tells a device that no tensor gets, and the next such block may "
            "fail, depending on all that was restored before. So one such place keeps all uses of the setter."
        ),
        by_hand=(
            "Migrate the inner change first, or separate the two. Under a `torch.device` pass `device=` "
            "where the inner block makes tensors, and take that block out."
        ),
        example=(
            "with default_device(device):\n"
            "    configure()  # calls torch.set_default_dtype\n"
            "    x = torch.zeros(3)"
        ),
    ),
    R.YIELD_IN_BLOCK: Page(
        what="The function yields inside the block.",
        why=(
            "While it is suspended its default stays set for whoever iterates, and theirs for it: callers "
            "may depend on either without knowing."
        ),
        by_hand="Make the tensors before the yield, outside any block, with explicit keywords.",
        example="with default_device(device):\n    for batch in source:\n        yield torch.tensor(batch)",
    ),
    R.AWAIT_IN_BLOCK: Page(
        what="The coroutine awaits inside the block.",
        why="Other tasks run meanwhile, under this default; and this one goes on under theirs.",
        by_hand="Pass device and dtype to what is awaited, and remove the block.",
        example="with default_device(device):\n    x = torch.tensor(await fetch())",
    ),
    R.DEFERRED_CODE: Page(
        what="A function, lambda, generator expression or lazy object made in the block may run after it.",
        why=(
            "It reads the default at the time it runs, which is no longer this one. With a keyword it would "
            "get this one: a different result."
        ),
        by_hand="Decide which placement is meant, and write it into the function.",
        example=(
            "with default_device(device):\n    make = lambda: torch.zeros(3)\nx = make()  # not on device"
        ),
    ),
    R.THREAD_IN_BLOCK: Page(
        what="A thread, executor or process pool is started or given work inside the block.",
        why=(
            "The default device belongs to one thread, the default dtype to the whole process: the other "
            "thread sees half of what the block says, for as long as the block happens to last."
        ),
        by_hand="Pass device and dtype to the submitted function as arguments.",
        example="with default_device(device):\n    pool.submit(make_batch)",
    ),
}
