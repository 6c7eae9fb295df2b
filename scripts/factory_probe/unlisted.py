"""Operators and queries that torch's operator table has no callable entry for, each by one expression.

``{}`` stands for a tensor: first a floating one, then an integer one, so that a promotion shows.
"""

from __future__ import annotations

from factory_probe.effects import DTYPES, evaluate
from factory_probe.ops import Seen
from factory_probe.state import DEVICES, NEUTRAL, Ambient

_METHODS = """
__truediv__(2) __floordiv__(0.5) __rfloordiv__(0.5) __lt__(0.5) __le__(0.5) __gt__(0.5) __ge__(0.5)
__eq__(0.5) __ne__(0.5) __and__(i64_2) __or__(i64_2) __xor__(i64_2) absolute adjoint copy_(f32_2)
dense_dim dequantize det detach_ dim_order element_size fill_diagonal_(0.5) get_device hardshrink
is_complex is_conj is_contiguous is_floating_point is_inference is_neg is_pinned is_same_size(f32_2)
is_set_to(f32_2) is_shared is_signed multinomial(2) ndimension nelement random_ relu relu_ sparse_dim
stride storage_offset slogdet to_dense to_sparse_coo to_sparse_csr type_as(f64_0) swapaxes(0,1)
bernoulli_ apply_(len_of) type(torch.float64) __len__ __contains__(1.5) __iter__ __array__
__matmul__({}) __invert__ prelu(f32_0.reshape(1)) map_(f32_2,min_of) set_() matrix_power(2)
"""

_PARAM = "torch.nn.utils.parametrizations"
_FUNCTIONS: dict[str, str] = {
    **{
        f"torch.Tensor.{name}": f"{{}}[0, 0].{name}()"
        for name in ("is_nonzero", "__bool__", "__float__", "__int__")
    },
    "torch.Tensor.bernoulli": "chances.bernoulli()",
    "torch.Tensor.coalesce": "{}.to_sparse().coalesce()",
    "torch.Tensor.is_coalesced": "{}.to_sparse().is_coalesced()",
    "torch.Tensor.indices": "{}.to_sparse().indices()",
    "torch.Tensor.values": "{}.to_sparse().values()",
    "torch.Tensor.retain_grad": "(f32_grad * 2.0).retain_grad()",
    "torch.Tensor.register_hook": "f32_grad.register_hook(cubed) and None",
    "torch.einsum": "torch.einsum('ij,jk->ik', {}, {})",
    "torch.vander": "torch.vander({}[0])",
    "torch.polygamma": "torch.polygamma(1, {})",
    "torch.special.polygamma": "torch.special.polygamma(1, {})",
    "torch.relu": "torch.relu({})",
    "torch.selu": "torch.selu({})",
    "torch.celu": "torch.celu({})",
    "torch.rrelu": "torch.rrelu({})",
    "torch.threshold": "torch.threshold({}, 0.5, 0.5)",
    "torch.dropout": "torch.dropout({}, 0.5, True)",
    "torch.bernoulli": "torch.bernoulli(chances)",
    "torch.multinomial": "torch.multinomial({}, 2)",
    "torch.poisson": "torch.poisson({})",
    "torch.binomial": "torch.binomial({}, chances)",
    "torch.chain_matmul": "torch.chain_matmul({}, {})",
    "torch.slogdet": "torch.slogdet({})",
    "torch.frobenius_norm": "torch.frobenius_norm({}, (0, 1))",
    "torch.nuclear_norm": "torch.nuclear_norm({})",
    "torch.detach": "torch.detach({})",
    "torch.numel": "torch.numel({})",
    "torch.is_floating_point": "torch.is_floating_point({})",
    "torch.is_complex": "torch.is_complex({})",
    "torch.is_nonzero": "torch.is_nonzero({}[0, 0])",
    "torch.is_grad_enabled": "torch.is_grad_enabled()",
    "torch.is_storage": "torch.is_storage({})",
    "torch.typename": "torch.typename({})",
    "torch.promote_types": "torch.promote_types(torch.int64, torch.float16)",
    "torch.can_cast": "torch.can_cast(torch.int64, torch.float16)",
    "torch.iinfo": "torch.iinfo(torch.int64)",
    "torch.initial_seed": "torch.initial_seed()",
    "torch.set_rng_state": "torch.set_rng_state(torch.get_rng_state())",
    "torch.set_num_threads": "torch.set_num_threads(1)",
    "torch.get_num_threads": "torch.get_num_threads()",
    "torch.enable_grad": "entered(torch.enable_grad())",
    "torch.inference_mode": "entered(torch.inference_mode())",
    "torch.set_grad_enabled": "entered(torch.set_grad_enabled(True))",
    "torch.random.fork_rng": "entered(torch.random.fork_rng())",
    "torch.vmap": "torch.vmap(torch.neg)({})",
    "torch.nn.functional.dropout": "torch.nn.functional.dropout({}, 0.5)",
    "torch.nn.functional.dropout1d": "torch.nn.functional.dropout1d({}, 0.5)",
    "torch.nn.functional.dropout2d": "torch.nn.functional.dropout2d({}.reshape(1, 1, 2, 2), 0.5)",
    "torch.nn.functional.dropout3d": "torch.nn.functional.dropout3d({}.reshape(1, 1, 1, 2, 2), 0.5)",
    "torch.nn.functional.alpha_dropout": "torch.nn.functional.alpha_dropout({}, 0.5, True)",
    "torch.nn.functional.rrelu": "torch.nn.functional.rrelu({}, training=True)",
    "torch.nn.functional.embedding": "torch.nn.functional.embedding(zeros, {})",
    "torch.nn.functional.embedding_bag": "torch.nn.functional.embedding_bag(zeros[None], {})",
    "torch.nn.functional.fold": "torch.nn.functional.fold({}.reshape(1, 4, 1), (2, 2), (2, 2))",
    "torch.nn.functional.lp_pool1d": "torch.nn.functional.lp_pool1d({}.reshape(1, 2, 2), 2.0, 2)",
    "torch.nn.functional.lp_pool2d": "torch.nn.functional.lp_pool2d({}.reshape(1, 1, 2, 2), 2.0, 2)",
    "torch.nn.functional.fractional_max_pool2d": (
        "torch.nn.functional.fractional_max_pool2d(f32_2.repeat(1, 1, 3, 3), 2, output_size=2)"
    ),
    "torch.nn.functional.scaled_dot_product_attention": (
        "torch.nn.functional.scaled_dot_product_attention({}[None], {}[None], {}[None])"
    ),
    "torch.nn.utils.vector_to_parameters": "torch.nn.utils.vector_to_parameters(f32_1, [f32_1])",
    "torch.nn.init.calculate_gain": "torch.nn.init.calculate_gain('relu')",
    "torch.nn.init.dirac_": "torch.nn.init.dirac_(f32_2.reshape(2, 2, 1))",
    "torch.nn.utils.weight_norm": "torch.nn.utils.weight_norm(linear)",
    "torch.nn.utils.spectral_norm": "torch.nn.utils.spectral_norm(linear)",
    "torch.nn.utils.parametrizations.weight_norm": f"{_PARAM}.weight_norm(linear).weight",
    "torch.nn.utils.parametrizations.spectral_norm": f"{_PARAM}.spectral_norm(linear).weight",
    "torch.nn.utils.parametrizations.orthogonal": f"{_PARAM}.orthogonal(linear).weight",
    "torch.utils.data.BatchSampler": "list(torch.utils.data.BatchSampler([1, 2, 3], 2, False))",
    "torch.utils.data.Subset": "list(torch.utils.data.Subset([1, 2, 3], [0]))",
    "torch.utils.data.ConcatDataset": "list(torch.utils.data.ConcatDataset([[1], [2]]))",
    "torch.utils.data.get_worker_info": "torch.utils.data.get_worker_info()",
    "torch.utils.checkpoint.checkpoint": (
        "torch.utils.checkpoint.checkpoint(torch.sin, f32_1, use_reentrant=False)"
    ),
    "torch.backends.cudnn.is_available": "torch.backends.cudnn.is_available()",
    "torch.cuda.is_available": "torch.cuda.is_available()",
    "torch.cuda.device_count": "torch.cuda.device_count()",
    "torch.nn.Module.state_dict": "linear.state_dict()",
    "torch.nn.Module.parameters": "list(linear.parameters())",
    "torch.nn.Module.to": "linear.to(torch.float64)",
    "torch.nn.Module.zero_grad": "linear.zero_grad()",
    "torch.nn.Module.train": "linear.train()",
    "torch.nn.Module.eval": "linear.eval()",
    "torch.nn.Module.requires_grad_": "linear.requires_grad_(False)",
    "torch.nn.Module.load_state_dict": "linear.load_state_dict(linear.state_dict())",
}


def probe_unlisted() -> dict[str, Seen]:
    """What was seen of each; an expression that raises with both tensors is dropped from the table."""
    found: dict[str, Seen] = {}
    for name, template in _expressions().items():
        seen = Seen()
        for tensor in ("f32_2", "i64_2"):
            _see(seen, template.replace("{}", tensor), integer=tensor == "i64_2" and "{}" in template)
        found[name] = seen
    return found


def _expressions() -> dict[str, str]:
    methods = {}
    for spelled in _METHODS.split():
        name, bracket, arguments = spelled.partition("(")
        methods[f"torch.Tensor.{name}"] = f"{{}}.{name}({arguments if bracket else ')'}"
    return methods | _FUNCTIONS


def _see(seen: Seen, expression: str, *, integer: bool) -> None:
    plain = evaluate(expression, NEUTRAL)
    if plain.raised:
        return
    seen.ran = True
    read = {"device"} if evaluate(expression, Ambient(device=DEVICES[1])) != plain else set()
    if any(evaluate(expression, Ambient(dtype=dtype)) != plain for dtype in DTYPES):
        read.add("dtype")
    (seen.integer if integer else seen.floating).update(read)
    if read and not seen.evidence:
        seen.evidence = expression
