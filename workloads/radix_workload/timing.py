"""How steps are timed: on the device with CUDA events, on the CPU with a monotonic clock; and their statistics.

Both timers measure from the end of one step to the end of the next, so the seconds of the steps add up to the whole
timed stretch and nothing between two steps is lost.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Callable, Optional, Protocol, Sequence

# Steps that the host may issue ahead of the device. Enough to keep the device fed through any hiccup of the host.
QUEUE_DEPTH = 32


@dataclass(frozen=True)
class TimedStep:
    """One finished step: its seconds, and the loss that it computed (not checked) where it trains."""

    seconds: float
    loss: Optional[float]


class StepTimer(Protocol):
    """Times steps in order. `step_finished` never waits for the step that it is told of where the device is a GPU."""

    def start(self) -> None:
        """Waits until the device is idle, then starts the first step's time."""

    def step_finished(self, loss: Any) -> list[TimedStep]:
        """Takes note of the step just issued and its loss (a 0-dim tensor, or None). Returns the steps known to be
        finished."""

    def drain(self) -> list[TimedStep]:
        """Waits for the steps still under way and returns them."""


class HostStepTimer:
    """Timer for the CPU, where a step has finished when its call returns. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = 0.0

    def start(self) -> None:
        self._last = self._clock()

    def step_finished(self, loss: Any) -> list[TimedStep]:
        value = None if loss is None else float(loss)
        now = self._clock()
        step = TimedStep(now - self._last, value)
        self._last = now
        return [step]

    def drain(self) -> list[TimedStep]:
        return []


class DeviceStepTimer:
    """Timer for a CUDA device: an event after each step, and its loss copied to pinned memory behind it.

    The device never waits for the host. The host waits only once it is `QUEUE_DEPTH` steps ahead, and then for the
    oldest of them. `make_event` and `slots` exist for tests without a GPU.
    """

    def __init__(self, make_event: Optional[Callable[[], Any]] = None, slots: Any = None) -> None:
        self._on_cuda = make_event is None
        if make_event is None:
            import torch

            make_event = lambda: torch.cuda.Event(enable_timing=True, blocking=True)  # noqa: E731
            slots = torch.zeros(QUEUE_DEPTH, dtype=torch.float32, pin_memory=True)
        self._make_event = make_event
        self._slots = slots
        self._pending: deque[tuple[Any, Optional[int]]] = deque()
        self._issued = 0
        self._last: Any = None

    def start(self) -> None:
        if self._on_cuda:
            import torch

            torch.cuda.synchronize()
        self._last = self._make_event()
        self._last.record()

    def step_finished(self, loss: Any) -> list[TimedStep]:
        slot = self._issued % QUEUE_DEPTH
        if loss is not None:
            self._slots[slot].copy_(loss, non_blocking=True)
        event = self._make_event()
        event.record()
        self._pending.append((event, None if loss is None else slot))
        self._issued += 1
        return self._collect(wait_for_all=False)

    def drain(self) -> list[TimedStep]:
        return self._collect(wait_for_all=True)

    def _collect(self, wait_for_all: bool) -> list[TimedStep]:
        finished: list[TimedStep] = []
        while self._pending:
            event, slot = self._pending[0]
            if not event.query():
                if not wait_for_all and len(self._pending) < QUEUE_DEPTH:
                    break
                event.synchronize()
            self._pending.popleft()
            loss = None if slot is None else float(self._slots[slot])
            finished.append(TimedStep(self._last.elapsed_time(event) / 1000.0, loss))
            self._last = event
        return finished


def make_timer(device_type: str) -> StepTimer:
    """The timer of this type of device."""
    return DeviceStepTimer() if device_type == "cuda" else HostStepTimer()


def summarise(seconds: Sequence[float]) -> Optional[dict[str, float]]:
    """p50, p95, p99 (linear interpolation between neighbours), min, max and mean in seconds; None for no steps."""
    if not seconds:
        return None
    ordered = sorted(seconds)

    def percentile(fraction: float) -> float:
        position = fraction * (len(ordered) - 1)
        below = int(position)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (position - below)

    return {
        "p50": percentile(0.50),
        "p95": percentile(0.95),
        "p99": percentile(0.99),
        "min": ordered[0],
        "max": ordered[-1],
        "mean": sum(ordered) / len(ordered),
    }
