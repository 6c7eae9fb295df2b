"""The submodules that ``import torch`` loads by itself: `handle.nn.functional` is there without an import.

Only those that every supported version loads are listed; a test compares the list with the installed torch.
"""

from __future__ import annotations

LOADED = frozenset(
    """
    torch torch.amp torch.autograd torch.autograd.function torch.autograd.functional
    torch.autograd.grad_mode torch.autograd.profiler torch.backends torch.backends.cpu
    torch.backends.cuda torch.backends.cudnn torch.backends.mkl torch.backends.mkldnn torch.backends.mps
    torch.backends.openmp torch.compiler torch.cpu torch.cuda torch.cuda.amp torch.cuda.nvtx
    torch.cuda.random torch.cuda.streams torch.distributed torch.distributions
    torch.distributions.constraints torch.distributions.distribution torch.distributions.kl
    torch.distributions.transforms torch.distributions.utils torch.fft torch.func torch.functional
    torch.futures torch.hub torch.jit torch.library torch.linalg torch.masked torch.mps torch.mtia
    torch.multiprocessing torch.nested torch.nn torch.nn.functional torch.nn.init torch.nn.modules
    torch.nn.modules.activation torch.nn.modules.batchnorm torch.nn.modules.conv torch.nn.modules.linear
    torch.nn.modules.loss torch.nn.modules.module torch.nn.modules.normalization torch.nn.modules.rnn
    torch.nn.modules.transformer torch.nn.parallel torch.nn.parameter torch.nn.utils
    torch.nn.utils.clip_grad torch.nn.utils.parametrizations torch.nn.utils.parametrize
    torch.nn.utils.rnn torch.optim torch.optim.lr_scheduler torch.optim.swa_utils torch.overrides
    torch.profiler torch.random torch.serialization torch.signal torch.sparse torch.special
    torch.storage torch.types torch.utils torch.utils.data torch.utils.data.dataloader
    torch.utils.data.dataset torch.utils.data.sampler torch.utils.hooks torch.version torch.xpu
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)
# Submodules that have to be imported by name; two packages are full of them, and count as a whole.
_PARTLY = frozenset({"torch.utils", "torch.distributed"})
_NOT_LOADED = frozenset(
    """
    torch.accelerator torch.ao torch.autograd.anomaly_mode torch.autograd.forward_ad
    torch.autograd.graph torch.autograd.variable torch.backends.cusparselt torch.backends.kleidiai
    torch.backends.mha torch.backends.nnpack torch.backends.opt_einsum torch.backends.quantized
    torch.backends.xeon torch.backends.xnnpack torch.contrib torch.cuda.comm torch.cuda.gds
    torch.cuda.graphs torch.cuda.green_contexts torch.cuda.jiterator torch.cuda.memory torch.cuda.nccl
    torch.cuda.profiler torch.cuda.sparse torch.cuda.tunable torch.export torch.fx torch.jit.annotations
    torch.jit.frontend torch.jit.generate_bytecode torch.jit.mobile torch.jit.quantized
    torch.jit.supported_ops torch.jit.unsupported_tensor_ops torch.masked.maskedtensor torch.monitor
    torch.multiprocessing.pool torch.multiprocessing.queue torch.multiprocessing.spawn torch.nativert
    torch.nn.attention torch.nn.backends torch.nn.cpp torch.nn.grad torch.nn.intrinsic
    torch.nn.modules.linear_cross_entropy torch.nn.qat torch.nn.quantizable torch.nn.quantized
    torch.nn.utils.fusion torch.nn.utils.prune torch.nn.utils.stateless torch.numa torch.onnx
    torch.optim.adadelta torch.optim.adagrad torch.optim.adam torch.optim.adamax torch.optim.adamw
    torch.optim.asgd torch.optim.lbfgs torch.optim.nadam torch.optim.optimizer torch.optim.radam
    torch.optim.rmsprop torch.optim.rprop torch.optim.sgd torch.optim.sparse_adam torch.package
    torch.profiler.itt torch.profiler.python_tracer torch.quantization torch.signal.windows
    torch.sparse.semi_structured torch.testing torch.utils.data.backward_compatibility
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)


def is_reachable(dotted: str, *, is_module: bool) -> bool:
    """Whether ``torch`` gives ``dotted`` by attributes alone, once it is imported.

    ``is_module``: it is imported as a module (`import torch.x`); otherwise its parent is the module, and it
    may be either something in it or a submodule.
    """
    if dotted in LOADED:
        return True
    parent = dotted.rpartition(".")[0]
    return not is_module and parent in LOADED and dotted not in _NOT_LOADED and parent not in _PARTLY
