"""Progress as JSON lines (`radix.progress/v2`): a line at every change of phase, and at most two a second between."""

from __future__ import annotations

import json
import sys
import time
from typing import Callable, Optional, TextIO

SCHEMA = "radix.progress/v2"
MIN_INTERVAL_SECONDS = 0.5


class ProgressWriter:
    """Writes progress to a stream. A stream that fails ends the progress, never the workload.

    `unit` is that of the throughput. `clock` gives seconds; `elapsed_seconds` counts from `started`, a reading of that clock.
    """

    def __init__(
        self,
        stream: Optional[TextIO],
        total_steps: Optional[int],
        unit: str,
        started: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._stream = stream
        self._total_steps = total_steps
        self._unit = unit
        self._started = started
        self._clock = clock
        self._last_line = float("-inf")

    def enter_phase(self, phase: str) -> None:
        """A line that says that `phase` (setup, warmup, train or measure, done) begins."""
        self._write(phase, None, None, None, None)

    def report(self, phase: str, epoch: Optional[int], step: Optional[int], work: float, seconds: float,
               loss: Optional[float], force: bool = False) -> bool:
        """A line within a phase, unless the last one is less than half a second old. Returns whether it was written.

        `step` counts timed steps over all epochs. The throughput is `work` per `seconds`, null where no time has passed.
        """
        if not force and self._clock() - self._last_line < MIN_INTERVAL_SECONDS:
            return False
        self._write(phase, epoch, step, work / seconds if seconds > 0 else None, loss)
        return True

    def _write(self, phase: str, epoch: Optional[int], step: Optional[int], rate: Optional[float],
               loss: Optional[float]) -> None:
        self._last_line = self._clock()
        if self._stream is None:
            return
        line = {
            "schema": SCHEMA,
            "phase": phase,
            "epoch": epoch,
            "step": step,
            "total_steps": self._total_steps,
            "throughput": None if rate is None else {"value": rate, "unit": self._unit},
            "elapsed_seconds": self._last_line - self._started,
            "loss": loss,
        }
        try:
            self._stream.write(json.dumps(line, allow_nan=False) + "\n")
            self._stream.flush()
        except OSError as error:
            self._stream = None
            print(f"progress stops here, its stream failed: {error}", file=sys.stderr, flush=True)
