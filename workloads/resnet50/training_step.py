"""One training step as a callable: its state from a seed, and its mathematics. `preparation.py` makes it fast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Optional

import torch
from torch import Tensor, nn

from recipes import Precision, make_optimizer
from resnet import NUM_CLASSES, ResNet50

MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4

Step = Callable[[], Tensor]


@dataclass
class TrainingState:
    """Everything that a step reads and writes. `images` (N, 3, S, S) fp32, `labels` (N,) int64, both on the device."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    scaler: Optional[Any]
    images: Tensor
    labels: Tensor
    precision: Precision


def learning_rate(batch_size: int) -> float:
    """0.1 for 256 images and linear below (Goyal et al., arXiv:1706.02677); not more, as there is no ramp-up."""
    return 0.1 * min(1.0, batch_size / 256)


def build_state(wish: Precision, batch_size: int, image_size: int, seed: int, device_type: str) -> TrainingState:
    """Weights, optimizer and one batch of random images and labels, all from the seed."""
    precision = replace(wish, notes=list(wish.notes), fallbacks=list(wish.fallbacks))
    device = torch.device(device_type)
    memory_format = torch.channels_last if precision.channels_last else torch.contiguous_format
    torch.manual_seed(seed)
    # Built on the CPU whatever the device, so that a seed means the same weights everywhere.
    model = ResNet50().to(device=device, memory_format=memory_format).train()
    generator = torch.Generator(device=device)
    generator.manual_seed(seed)
    images = torch.randn(batch_size, 3, image_size, image_size, device=device, generator=generator)
    labels = torch.randint(NUM_CLASSES, (batch_size,), device=device, generator=generator)
    return TrainingState(
        model=model,
        optimizer=make_optimizer(model, precision, learning_rate(batch_size), MOMENTUM, WEIGHT_DECAY),
        scaler=_make_scaler() if precision.loss_scaling else None,
        images=images.contiguous(memory_format=memory_format),
        labels=labels,
        precision=precision,
    )


def make_eager_step(state: TrainingState, forward: Callable[[Tensor], Tensor]) -> Step:
    """The training step itself; every recipe runs exactly this, with `forward` either the model or its compilation."""
    loss_function = nn.CrossEntropyLoss()
    autocast_type = {None: None, "bfloat16": torch.bfloat16, "float16": torch.float16}[state.precision.autocast]
    device_type = state.images.device.type

    def compute_loss() -> Tensor:
        if autocast_type is None:
            return loss_function(forward(state.images), state.labels)
        # Without the cache of cast weights: each is used once in a step, and a captured graph must not keep them.
        with torch.autocast(device_type=device_type, dtype=autocast_type, cache_enabled=False):
            return loss_function(forward(state.images), state.labels)

    def step() -> Tensor:
        state.optimizer.zero_grad(set_to_none=True)
        loss = compute_loss()
        if state.scaler is None:
            loss.backward()
            state.optimizer.step()
        else:
            state.scaler.scale(loss).backward()
            state.scaler.step(state.optimizer)
            state.scaler.update()
        return loss.detach()

    return step


def _make_scaler() -> Any:
    modern = getattr(getattr(torch, "amp", None), "GradScaler", None)
    return modern("cuda") if modern is not None else torch.cuda.amp.GradScaler()
