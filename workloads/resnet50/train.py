#!/usr/bin/env python3
"""Trains ResNet-50 on synthetic images and measures images per second. See README.md beside this file.

This file is the process: arguments, the outcome, the exit code. `training.py` is the run itself; it and PyTorch are
imported only after the arguments are known to be good, so that a wrong flag is answered at once.
"""

from __future__ import annotations

import getpass
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import ExitStack
from typing import MutableMapping, NoReturn, Optional, Sequence

STARTED = time.perf_counter()

from arguments import Parameters, find_result_path, parse_arguments  # noqa: E402
from cancellation import stop_on_signal  # noqa: E402
from failures import WorkloadFailure, classify  # noqa: E402
from progress import ProgressWriter  # noqa: E402
from result import RunRecord, build_result, metrics_line, now_iso, write_result  # noqa: E402

MINIMUM_PYTORCH = (1, 13)


class Outcome:
    """The one report of a run. Main thread and signal thread may both want to give it; the first one does."""

    def __init__(self, record: RunRecord, result_path: Optional[str]) -> None:
        self._record = record
        self._result_path = result_path
        self._lock = threading.Lock()

    def claim(self) -> bool:
        """Whether the caller is the first, and so has to report."""
        return self._lock.acquire(blocking=False)

    def report(self, failure: Optional[WorkloadFailure]) -> int:
        """Writes the result, the message and the line of metrics. Returns the exit code."""
        if self._record.duration_seconds is None:
            self._record.duration_seconds = time.perf_counter() - STARTED
        exit_code = 0 if failure is None else failure.exit_code
        if failure is not None:
            print(f"train.py: {failure.code}: {failure.message}. Fix: {failure.fix}.", file=sys.stderr, flush=True)
        document = build_result(self._record, failure)
        if self._result_path is not None:
            try:
                write_result(self._result_path, document)
            except OSError as error:
                print(f"train.py: the result could not be written: {error}", file=sys.stderr, flush=True)
                exit_code = exit_code or 1
        try:
            print(metrics_line(document, exit_code), flush=True)
        except OSError:
            pass  # Nobody reads the output any more; the result file and the exit code still say it all.
        return exit_code


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the command line given (without the program's name). Returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    record = RunRecord(started_at=now_iso())
    outcome = Outcome(record, find_result_path(given))
    stop_on_signal(lambda number: _stop(outcome, number))
    _ensure_user_name(os.environ)
    failure: Optional[WorkloadFailure] = None
    try:
        record.parameters = parse_arguments(given)
        _run(record.parameters, record)
    except Exception as error:  # noqa: BLE001 - every failure becomes a typed one here, and only here
        known = record.parameters or Parameters()
        failure = classify(error, known.batch_size, known.image_size)
        if failure.code == "WORKLOAD_FAILED":
            traceback.print_exc()
    if not outcome.claim():
        threading.Event().wait()  # The signal thread is reporting and ends the process.
    return outcome.report(failure)


def _run(parameters: Parameters, record: RunRecord) -> None:
    with ExitStack() as stack:
        stream = None
        if parameters.progress == "-":
            stream = sys.stdout
        elif parameters.progress is not None:
            stream = stack.enter_context(open(parameters.progress, "w", encoding="utf-8"))
        progress = ProgressWriter(stream, parameters.timed_steps, STARTED)
        progress.enter_phase("setup")
        _import_pytorch()
        import training

        training.run(parameters, record, progress, _log)
        record.duration_seconds = time.perf_counter() - STARTED
    throughput = parameters.batch_size * len(record.step_seconds) / sum(record.step_seconds)
    _log(f"{throughput:.1f} images/s over {len(record.step_seconds)} steps, {record.duration_seconds:.1f} s in all")


def _ensure_user_name(environment: MutableMapping[str, str]) -> None:
    # PyTorch's compiler asks for it to name its cache, and a user id without an entry in /etc/passwd has none.
    try:
        getpass.getuser()
    except Exception:  # noqa: BLE001 - KeyError, and OSError from Python 3.13 on
        environment["LOGNAME"] = f"uid-{os.getuid()}"


def _import_pytorch() -> None:
    python = f"{sys.executable or 'python3'}"
    fix = f"install it: `{python} -m pip install torch`, or run train.py with a Python that has it"
    try:
        import torch
    except (ImportError, OSError) as error:
        raise WorkloadFailure("WORKLOAD_NO_PYTORCH", f"PyTorch cannot be imported by {python}: {error}", fix) from error
    version = tuple(int(part) for part in str(torch.__version__).split("+")[0].split(".")[:2])
    if version < MINIMUM_PYTORCH:
        message = f"PyTorch {torch.__version__} is too old, 1.13 or newer is needed"
        raise WorkloadFailure("WORKLOAD_NO_PYTORCH", message, fix)


def _stop(outcome: Outcome, number: int) -> None:
    if not outcome.claim():
        return  # The run has ended and reports itself.
    name = signal.Signals(number).name
    failure = WorkloadFailure(
        "WORKLOAD_CANCELLED",
        f"{name} stopped the run",
        "run it again if it was not meant to stop",
        exit_code=128 + number,
    )
    _leave(outcome.report(failure))


def _leave(exit_code: int) -> NoReturn:
    # Without Python's shutdown, which would wait for the main thread's call into PyTorch.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


def _log(message: str) -> None:
    print(message, flush=True)


if __name__ == "__main__":
    sys.exit(main())
