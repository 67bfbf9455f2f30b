"""What the project needs to know of PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.utils.data

CARRIES = ""


def activation_functions() -> Iterator[tuple[str, Any]]:
    """(name in the table of activations, function) for `torch` and `torch.nn.functional`."""
    functional = torch.nn.functional
    yield "sigmoid", torch.sigmoid
    yield "sigmoid", functional.sigmoid
    yield "tanh", torch.tanh
    yield "relu", torch.relu
    yield "exponential", torch.exp
    for name in ("relu", "relu6", "softplus", "softsign", "elu", "selu", "silu", "gelu", "leaky_relu", "mish"):
        yield name, getattr(functional, name)
    yield "log_sigmoid", functional.logsigmoid


def is_tensor(x: Any) -> bool:
    return isinstance(x, torch.Tensor)


def to_numpy(x: Any) -> Any:
    x = x.detach()
    return (x.float() if x.dtype == torch.bfloat16 else x).cpu().numpy()


def no_gradient() -> Any:
    """A context in which a forward pass records nothing for autograd."""
    return torch.no_grad()


def same_randomness() -> Any:
    """Random ops inside leave the generators of the CPU and of every GPU as they were."""
    return torch.random.fork_rng()


def dataset_arrays(data: Any) -> Any:
    """The tensors behind a `DataLoader` over a `TensorDataset`; None for any other, which would have to be iterated."""
    if isinstance(data, torch.utils.data.DataLoader):
        data = data.dataset
    return data.tensors if isinstance(data, torch.utils.data.TensorDataset) else None
