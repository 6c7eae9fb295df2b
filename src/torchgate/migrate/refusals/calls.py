"""Pages: a call that an ambient default reaches, or may reach."""

from __future__ import annotations

from torchgate.migrate.refusals.page import Page
from torchgate.migrate.refusals.reason import RefusalReason as R

PAGES: dict[R, Page] = {
    R.UNKNOWN_CALLEE: Page(
        what=(
            "What is called here cannot be told: a value from a container, a parameter, an attribute of an "
            "unknown object, or a name looked up at run time."
        ),
        why="It may make tensors under the default, or call something that does.",
        by_hand=(
            "Give the callee device and dtype as arguments if it needs them, and move the call out of the "
            "block if it does not. A type annotation on the object is often enough."
        ),
        example="with default_device(device):\n    model = registry[name]()",
    ),
    R.THIRD_PARTY_CALLEE: Page(
        what="A function from outside the project and outside torch is called under the default.",
        why="Its code is not part of the project, and another version of it may read the default.",
        by_hand=(
            "Pass its own device or dtype arguments if it has them; otherwise keep the block around this "
            "call alone."
        ),
        example="with default_device(device):\n    model = timm.create_model('resnet18')",
    ),
    R.NOT_IN_FACTORY_TABLE: Page(
        what="The table of factories for this torch version has no row for this callable of torch.",
        why="It was not probed, so nothing is known about what it does under a default.",
        by_hand="Look it up in torch's documentation, pass explicit placement, and compare the results.",
        example="with default_device(device):\n    x = torch.some_new_factory(3)",
    ),
    R.NO_EQUIVALENT_KEYWORD: Page(
        what="The default changes this call's result, and no keyword was measured to do the same.",
        why=(
            "Either it takes no such keyword (`nn.Parameter()` without data), or the keyword gives "
            "something else."
        ),
        by_hand="Make the tensor with a factory that takes the keyword, and hand it over.",
        example="with default_dtype(torch.float64):\n    p = torch.nn.Parameter()",
    ),
    R.LEGACY_CONSTRUCTOR: Page(
        what="`torch.Tensor(...)` follows the default dtype and takes no dtype keyword.",
        why="`torch.tensor` is no drop-in for it: it infers integers, and a number means data, not a size.",
        by_hand="Use `torch.empty(n, dtype=...)` for a size, `torch.tensor(data, dtype=...)` for data.",
        example="with default_dtype(torch.float64):\n    x = torch.Tensor([1, 2])",
    ),
    R.ARGUMENT_KIND_UNKNOWN: Page(
        what="This factory's dtype is decided by an argument, and what kind of value that is cannot be told.",
        why=(
            "`torch.tensor([1])` stays int64 under any default, `torch.tensor([1.0])` follows it, a NumPy "
            "float keeps its own: with the wrong guess `dtype=` changes the result."
        ),
        by_hand="Write the dtype that is meant.",
        example="with default_dtype(torch.float64):\n    x = torch.tensor(values)",
    ),
    R.POSITIONAL_PLACEMENT: Page(
        what="Device or dtype may be among the positional arguments already.",
        why="The same parameter by place and by keyword is a TypeError.",
        by_hand="Name the argument in the call.",
        example="with default_device(device):\n    layer = nn.Linear(3, 4, True, *rest)",
    ),
    R.PLACEMENT_MAYBE_NONE: Page(
        what="The call passes `device=` or `dtype=` a value that may be None.",
        why="None means the default, anything else overrides it: which one holds is decided at run time.",
        by_hand="Resolve None where the value is made: `device = device or given`.",
        example="with default_device(given):\n    x = torch.zeros(3, device=device)",
    ),
    R.STAR_ARGUMENTS: Page(
        what="The call passes `*args` or `**kwargs` whose content cannot be seen.",
        why=(
            "They may hold the keyword that would be added (a TypeError), or the argument that decides the "
            "dtype."
        ),
        by_hand="Write the arguments out, or put device and dtype into the dict.",
        example="with default_device(device):\n    x = torch.zeros(*shape, **options)",
    ),
    R.OUT_ARGUMENT: Page(
        what="The result is written into an existing tensor with `out=`.",
        why=(
            "That tensor has a device and a dtype of its own; a keyword that disagrees raises, and the "
            "default's part in it depends on the factory."
        ),
        by_hand="Drop the block for this call: the `out` tensor says where the result goes.",
        example="with default_device(device):\n    torch.arange(3, out=buffer)",
    ),
    R.INTEGER_PROMOTION: Page(
        what=(
            "An operator that promotes integer and bool tensors to the default dtype is used, and an operand "
            "may be such a tensor: the detail names it, and what is known of it."
        ),
        why=(
            "`ints / 2` is float64 under a float64 default and float32 without it; there is no keyword for "
            "that."
        ),
        by_hand=(
            "Convert first: `ints.to(dtype) / 2`. If the tensor is floating, say so where it is made; if it "
            "is a number or a list of numbers, annotate the parameter (`sizes: list[int]`)."
        ),
        example="with default_dtype(torch.float64):\n    mean = counts / total",
    ),
    R.NUMBERS_BECOME_TENSORS: Page(
        what="Python numbers are turned into tensors inside the callee, under the default.",
        why="Neither `torch.distributions` nor `torch.where` takes a dtype or device for them.",
        by_hand="Pass tensors with explicit placement: `Normal(torch.zeros((), dtype=dtype), ...)`.",
        example="with default_dtype(torch.float64):\n    prior = Normal(0.0, 1.0)",
    ),
    R.OPTIMIZER_STATE: Page(
        what="An optimizer is made or stepped under the default, and it keeps tensors that follow it.",
        why=(
            "Adam's step counter is float64 under a float64 default and float32 otherwise; some optimizers "
            "place their counters on the default device."
        ),
        by_hand=(
            "Move construction and steps out of the block. Expect counters of another dtype, and other bits "
            "in a resumed run: decide that knowingly, not in a migration."
        ),
        example="with default_dtype(torch.float64):\n    optimizer.step()",
    ),
    R.DATA_LOADING: Page(
        what="A DataLoader, sampler or `random_split` runs under a default device.",
        why=(
            "They draw indices and seeds on the default device, from its generator; on the CPU they draw "
            "others."
        ),
        by_hand="Iterate outside the block. The order of the samples will be that of the CPU's generator.",
        example="with default_device(device):\n    for batch in loader:\n        step(batch)",
    ),
    R.PRINTS_TENSOR: Page(
        what="A tensor may be printed or formatted under the default dtype.",
        why="`repr` shows the dtype only where it differs from the default: the text would change.",
        by_hand="If the text does not matter, move the print out of the block.",
        example="with default_dtype(torch.float64):\n    print(loss)",
    ),
    R.READS_DEFAULT: Page(
        what="The code asks for the default itself, or calls something that does and offers no keyword.",
        why="Without the block it would be told another value.",
        by_hand="Pass it the device or dtype that the block stood for.",
        example="with default_dtype(torch.float64):\n    eps = torch.finfo().eps",
    ),
}
