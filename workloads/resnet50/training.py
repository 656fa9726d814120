"""One run: find the device, prepare the step, warm up, train, and fill the record as it goes. Imports PyTorch."""

from __future__ import annotations

import math
import os
import time
from dataclasses import asdict
from typing import Any, Callable, Optional

import torch

import machine
from arguments import Parameters
from failures import WorkloadFailure, first_line, known_fix
from preparation import PreparedStep, prepare_step
from progress import ProgressWriter
from recipes import apply_flags, choose_precision, note_environment
from result import RunRecord, now_iso
from timing import DeviceStepTimer, HostStepTimer, StepTimer, TimedStep
from training_step import MOMENTUM, WEIGHT_DECAY, Step, build_state, learning_rate

Log = Callable[[str], None]


def run(parameters: Parameters, record: RunRecord, progress: ProgressWriter, log: Log) -> None:
    """Trains as asked and leaves everything measured in `record`.

    Raises `WorkloadFailure` for no GPU, a batch that cannot fit into host memory, and a loss that is not finite;
    PyTorch's own exceptions pass through.
    """
    device_type = choose_device(parameters)
    torch.set_num_threads(parameters.num_threads or machine.available_cores())
    record.threads = torch.get_num_threads()
    record.device = machine.describe_device(torch, device_type)
    record.software = machine.describe_software(torch, device_type)
    log(f"{record.device.name}, PyTorch {record.software['pytorch']}, recipe {parameters.recipe}")
    if device_type == "cpu":
        machine.check_host_memory(parameters.batch_size, parameters.image_size, machine.available_host_memory())
    prepared = _prepare(parameters, record, device_type)
    log(_describe_precision(prepared))
    timer: StepTimer = DeviceStepTimer() if device_type == "cuda" else HostStepTimer()
    try:
        warm_up(prepared.run, timer, parameters, progress, record)
        train(prepared.run, timer, parameters, progress, record)
    finally:
        record.device.peak_memory_bytes = machine.peak_memory_bytes(torch, device_type)


def choose_device(parameters: Parameters) -> str:
    """"cuda" or "cpu". Raises `WorkloadFailure` (`WORKLOAD_NO_GPU`) where there is no GPU and no leave to go without."""
    if parameters.device == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if parameters.device == "auto" and parameters.allow_cpu:
        return "cpu"
    reason, fix = _why_no_gpu()
    raise WorkloadFailure(
        "WORKLOAD_NO_GPU",
        f"there is no GPU to train on: {reason} (PyTorch {torch.__version__})",
        fix
        or "run on a machine with an NVIDIA GPU and driver (`nvidia-smi`; in Docker with `--gpus all`) and a PyTorch with "
        "CUDA, or add --allow-cpu without --device cuda for numbers that only prove the flow",
    )


def _why_no_gpu() -> tuple[str, Optional[str]]:
    """What PyTorch says when it is made to use CUDA, which `is_available()` keeps to itself; and the fix where known."""
    if torch.version.cuda is None:
        return "this PyTorch was built without CUDA", None
    try:
        torch.cuda.init()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the reason
        return f"PyTorch finds no usable GPU: {first_line(error)}", known_fix(error)
    return "PyTorch finds no usable GPU", None


def warm_up(step: Step, timer: StepTimer, parameters: Parameters, progress: ProgressWriter, record: RunRecord) -> None:
    """Runs the warm-up steps and waits for the device; none of their seconds enter the timed ones."""
    progress.enter_phase("warmup")
    began = time.perf_counter()
    timer.start()
    for done in range(1, parameters.warmup_steps + 1):
        for finished in timer.step_finished(step()):
            _check_finite(finished.loss, f"warm-up step {done}")
        progress.report("warmup", None, None, 0, 0.0, None)
    for finished in timer.drain():
        _check_finite(finished.loss, "the warm-up")
    record.warmup_steps = parameters.warmup_steps
    record.warmup_seconds = time.perf_counter() - began


def train(step: Step, timer: StepTimer, parameters: Parameters, progress: ProgressWriter, record: RunRecord) -> None:
    """Runs and times epochs * steps_per_epoch steps. Raises `WORKLOAD_NON_FINITE_LOSS` at the first step whose loss is
    not finite; on a GPU that is noticed when the device has finished the step, a few steps after it was issued."""
    progress.enter_phase("train")
    rate = _RecentRate(parameters.batch_size)
    timer.start()
    record.timed_started_at = now_iso()
    for _ in range(parameters.timed_steps):
        _note_steps(timer.step_finished(step()), parameters, progress, record, rate)
    _note_steps(timer.drain(), parameters, progress, record, rate)
    record.timed_finished_at = now_iso()
    total = sum(record.step_seconds)
    images = parameters.batch_size * parameters.timed_steps
    progress.report("done", parameters.epochs, parameters.timed_steps, images, total, record.losses[-1], force=True)


class _RecentRate:
    """Images and seconds since the last line of progress."""

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self.images, self.seconds = 0, 0.0

    def add(self, seconds: float) -> None:
        self.images += self._batch_size
        self.seconds += seconds


def _note_steps(finished: list[TimedStep], parameters: Parameters, progress: ProgressWriter, record: RunRecord,
                rate: _RecentRate) -> None:
    for step in finished:
        record.step_seconds.append(step.seconds)
        record.losses.append(step.loss)
        number = len(record.step_seconds)
        _check_finite(step.loss, f"timed step {number}")
        rate.add(step.seconds)
        epoch = (number - 1) // parameters.steps_per_epoch + 1
        if progress.report("train", epoch, number, rate.images, rate.seconds, step.loss):
            rate.images, rate.seconds = 0, 0.0


def _check_finite(loss: float, where: str) -> None:
    if not math.isfinite(loss):
        raise WorkloadFailure(
            "WORKLOAD_NON_FINITE_LOSS",
            f"the loss of {where} is {loss}: what was computed is not a training step, so its speed means nothing",
            "repeat with --recipe reference; if it comes again, suspect the GPU (`nvidia-smi -q -d ECC`)",
        )


def _prepare(parameters: Parameters, record: RunRecord, device_type: str) -> PreparedStep:
    began = time.perf_counter()
    capability = torch.cuda.get_device_capability(0) if device_type == "cuda" else None
    wish = choose_precision(parameters.recipe, capability, machine.cpu_flags())
    if device_type == "cuda":
        note_environment(wish, os.environ)
    record.precision = wish
    apply_flags(wish, device_type)
    prepared = prepare_step(
        wish,
        lambda current: build_state(
            current, parameters.batch_size, parameters.image_size, parameters.seed, device_type
        ),
    )
    record.precision = prepared.precision
    record.optimizer = {
        "name": "sgd",
        "learning_rate": learning_rate(parameters.batch_size),
        "momentum": MOMENTUM,
        "weight_decay": WEIGHT_DECAY,
    }
    record.preparation_seconds = time.perf_counter() - began
    return prepared


def _describe_precision(prepared: PreparedStep) -> str:
    on = [name for name, value in asdict(prepared.precision).items() if value is True]
    text = ", ".join([prepared.precision.autocast or "fp32", *on])
    return "; ".join([text, *prepared.precision.notes])
