"""Prepares the step that a recipe asks for: compiled and captured where the stack can, and with the reason where not.

Preparation is separate from timing: whatever steps compilation and capture need are undone, so that every recipe starts
its warm-up from the same weights.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Callable, Iterator, Optional

import torch
from torch import Tensor, nn

from radix_workload.failures import first_line
from recipes import Precision
from training_step import Step, TrainingState, make_eager_step

# Steps before a capture: the compiler compiles, cuDNN chooses its algorithms and cuBLAS allocates its memory in them.
TRIAL_STEPS = 3


@dataclass(frozen=True)
class PreparedStep:
    """A step ready to run: `run()` does forward, loss, backward and update, and returns the loss, a 0-dim tensor that
    the next call may overwrite. `state` is what it trains; a captured graph knows its tensors by their addresses alone,
    so they have to live as long as it does."""

    run: Step
    state: TrainingState

    @property
    def precision(self) -> Precision:
        """What really runs."""
        return self.state.precision


def prepare_step(
    wish: Precision,
    build: Callable[[Precision], TrainingState],
    compile_model: Optional[Callable[[nn.Module], Callable[[Tensor], Tensor]]] = None,
    capture: Optional[Callable[[Step, Any], Step]] = None,
) -> PreparedStep:
    """Builds the step that the recipe wishes for, leaving out compilation or the CUDA graph where they fail.

    Each is tried with real steps, and the reason for leaving one out is noted. Errors of the plain eager step, out of
    memory included, are raised. `compile_model` and `capture` are PyTorch's unless a test gives others.
    """
    while True:
        state = build(wish)
        precision = state.precision
        if precision.cuda_graph and precision.loss_scaling and not precision.fused_optimizer:
            precision.cuda_graph = False
            precision.notes.append("no CUDA graph: loss scaling without a fused optimizer waits for the host each step")
        if not precision.compiled and not precision.cuda_graph:
            return PreparedStep(make_eager_step(state, state.model), state)
        try:
            step = _compile_and_capture(state, compile_model or compile_whole, capture or capture_in_graph)
            return PreparedStep(step, state)
        except _PartFailed as failed:
            notes, fallbacks = [*wish.notes, failed.reason], [*wish.fallbacks, failed.reason]
            wish = replace(wish, notes=notes, fallbacks=fallbacks, **{failed.part: False})
        # Outside the handler: until it ends, the exception's traceback holds the failed attempt's tensors.
        del state
        _free_device_memory()


class _PartFailed(Exception):
    """An optional part of the recipe, `compiled` or `cuda_graph`, that did not work here, and why."""

    def __init__(self, part: str, error: Exception) -> None:
        label = {"compiled": "not compiled", "cuda_graph": "no CUDA graph"}[part]
        super().__init__(label)
        self.part = part
        self.reason = f"{label}: {type(error).__name__}: {first_line(error)}"


def _compile_and_capture(state: TrainingState, compile_model: Callable[..., Any], capture: Callable[..., Step]) -> Step:
    precision = state.precision
    part = "compiled" if precision.compiled else "cuda_graph"
    try:
        saved = _save(state.model)
        step = make_eager_step(state, compile_model(state.model) if precision.compiled else state.model)
        # Before a capture the trial runs on the stream of the capture, never on the default one: autograd may remember
        # the stream of an earlier step and would draw it into the capture, which PyTorch then refuses.
        stream = torch.cuda.Stream() if precision.cuda_graph and state.images.is_cuda else None
        with _on_stream(stream):
            for _ in range(TRIAL_STEPS):
                step()
        if precision.cuda_graph:
            part = "cuda_graph"
            # So that the gradients live in the graph's own memory.
            state.optimizer.zero_grad(set_to_none=True)
            step = capture(step, stream)
        _restore(state, saved)
        return step
    except Exception as error:  # noqa: BLE001 - whatever ails an optional part, the training can go on without it
        raise _PartFailed(part, error) from error


def compile_whole(model: nn.Module) -> Callable[[Tensor], Tensor]:
    """The model compiled as one graph for its one shape. Where PyTorch could only compile parts of it, it raises."""
    return torch.compile(model, fullgraph=True, dynamic=False)


def capture_in_graph(step: Step, stream: Any) -> Step:
    """Captures one whole training step, update included, so that the host launches it in one call.

    Follows PyTorch's notes on whole-network capture. `stream` is the one on which the step has run before.
    """
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        loss = step()

    def replay() -> Tensor:
        graph.replay()
        return loss

    return replay


@contextmanager
def _on_stream(stream: Any) -> Iterator[None]:
    """Work within runs on `stream`, ordered after what came before and before what comes after. None: as without."""
    if stream is None:
        yield
        return
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        yield
    torch.cuda.current_stream().wait_stream(stream)


def _save(model: nn.Module) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in model.state_dict().values()]


def _restore(state: TrainingState, saved: list[Tensor]) -> None:
    # In place: a captured graph knows these tensors by their addresses.
    with torch.no_grad():
        for tensor, value in zip(state.model.state_dict().values(), saved):
            tensor.copy_(value)
        for slots in state.optimizer.state.values():
            slots["momentum_buffer"].zero_()


def _free_device_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
