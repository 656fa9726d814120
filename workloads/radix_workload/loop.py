"""The steps of a run: the warm-up, and the timed ones, with their progress."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

from .progress import ProgressWriter
from .result import RunRecord, now_iso
from .timing import StepTimer, TimedStep

Step = Callable[[], Any]
# A finished step and its number; raises where what it computed is wrong.
Check = Callable[[TimedStep, str], None]


def accept(step: TimedStep, where: str) -> None:
    """For steps that have nothing to check."""


def warm_up(step: Step, timer: StepTimer, parameters: Any, progress: ProgressWriter, record: RunRecord,
            check: Check = accept) -> None:
    """Runs the warm-up steps and waits for the device; none of their seconds enter the timed ones."""
    progress.enter_phase("warmup")
    began = time.perf_counter()
    timer.start()
    for done in range(1, parameters.warmup_steps + 1):
        for finished in timer.step_finished(step()):
            check(finished, f"warm-up step {done}")
        progress.report("warmup", None, None, 0, 0.0, None)
    for finished in timer.drain():
        check(finished, "the warm-up")
    record.warmup_steps = parameters.warmup_steps
    record.warmup_seconds = time.perf_counter() - began


def run_timed(step: Step, timer: StepTimer, parameters: Any, progress: ProgressWriter, record: RunRecord,
              phase: str = "measure", epoch_of: Callable[[int], Optional[int]] = lambda number: None,
              check: Check = accept) -> None:
    """Runs and times the steps that `parameters` ask for. `epoch_of` gives the epoch of a timed step, from 1.

    On a GPU a step is checked when the device has finished it, a few steps after it was issued.
    """
    progress.enter_phase(phase)
    work, seconds, loss = 0.0, 0.0, None

    def note(finished: list[TimedStep]) -> None:
        nonlocal work, seconds, loss
        for each in finished:
            record.step_seconds.append(each.seconds)
            number = len(record.step_seconds)
            check(each, f"timed step {number}")
            work, seconds, loss = work + parameters.work_per_step, seconds + each.seconds, each.loss
            if progress.report(phase, epoch_of(number), number, work, seconds, loss):
                work, seconds = 0.0, 0.0

    timer.start()
    record.timed_started_at = now_iso()
    for _ in range(parameters.timed_steps):
        note(timer.step_finished(step()))
    note(timer.drain())
    record.timed_finished_at = now_iso()
    steps, total = parameters.timed_steps, sum(record.step_seconds)
    progress.report("done", epoch_of(steps), steps, parameters.work_per_step * steps, total, loss, force=True)
