"""One run: find the device, prepare the step, warm up, train, and fill the record as it goes. Imports PyTorch."""

from __future__ import annotations

import math
import os
import time
from dataclasses import asdict

import torch

from radix_workload import loop, machine
from radix_workload.failures import WorkloadFailure
from radix_workload.process import Log
from radix_workload.progress import ProgressWriter
from radix_workload.result import RunRecord
from radix_workload.timing import StepTimer, TimedStep, make_timer

from arguments import Parameters
from memory import check_host_memory
from preparation import PreparedStep, prepare_step
from recipes import apply_flags, choose_precision, note_environment
from record import TrainingRecord
from training_step import MOMENTUM, WEIGHT_DECAY, Step, build_state, learning_rate


def run(parameters: Parameters, record: TrainingRecord, progress: ProgressWriter, log: Log) -> None:
    """Trains as asked and leaves everything measured in `record`.

    Raises `WorkloadFailure` for no GPU, a batch that cannot fit into host memory, and a loss that is not finite;
    PyTorch's own exceptions pass through.
    """
    device_type = machine.choose_device(torch, parameters)
    record.threads = machine.set_threads(torch, parameters)
    record.device = machine.describe_device(torch, device_type)
    record.software = machine.describe_software(torch, device_type)
    log(f"{record.device.name}, PyTorch {record.software['pytorch']}, recipe {parameters.recipe}")
    if device_type == "cpu":
        check_host_memory(parameters.batch_size, parameters.image_size, machine.available_host_memory())
    prepared = _prepare(parameters, record, device_type)
    log(_describe_precision(prepared))
    timer = make_timer(device_type)
    try:
        warm_up(prepared.run, timer, parameters, progress, record)
        train(prepared.run, timer, parameters, progress, record)
    finally:
        record.device.peak_memory_bytes = machine.peak_memory_bytes(torch, device_type)


def warm_up(step: Step, timer: StepTimer, parameters: Parameters, progress: ProgressWriter, record: RunRecord) -> None:
    """Runs the warm-up steps. Raises `WORKLOAD_NON_FINITE_LOSS` for a loss that is not finite."""
    loop.warm_up(step, timer, parameters, progress, record, _check_finite)


def train(step: Step, timer: StepTimer, parameters: Parameters, progress: ProgressWriter,
          record: TrainingRecord) -> None:
    """Runs and times epochs * steps_per_epoch steps. Raises `WORKLOAD_NON_FINITE_LOSS` at the first step whose loss is
    not finite; on a GPU that is noticed when the device has finished the step, a few steps after it was issued."""

    def note(finished: TimedStep, where: str) -> None:
        record.losses.append(finished.loss)
        _check_finite(finished, where)

    def epoch_of(number: int) -> int:
        return (number - 1) // parameters.steps_per_epoch + 1

    loop.run_timed(step, timer, parameters, progress, record, "train", epoch_of, note)


def _check_finite(finished: TimedStep, where: str) -> None:
    loss = finished.loss
    if not math.isfinite(loss):
        raise WorkloadFailure(
            "WORKLOAD_NON_FINITE_LOSS",
            f"the loss of {where} is {loss}: what was computed is not a training step, so its speed means nothing",
            "repeat with --recipe reference; if it happens again, suspect the GPU (`nvidia-smi -q -d ECC`)",
        )


def _prepare(parameters: Parameters, record: TrainingRecord, device_type: str) -> PreparedStep:
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
