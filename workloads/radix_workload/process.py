"""The process of a workload: arguments, the outcome, the exit code. The run itself and PyTorch are imported only after
the arguments are known to be good, so that a wrong flag is answered at once."""

from __future__ import annotations

import getpass
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Callable, MutableMapping, NoReturn, Optional, Sequence

from .arguments import find_result_path
from .cancellation import stop_on_signal
from .failures import WorkloadFailure, classify
from .progress import ProgressWriter
from .result import RunRecord, build_result, metrics_line, write_result

MINIMUM_PYTORCH = (1, 13)

Log = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """What a workload gives to its process. `run(parameters, record, progress, log)` does the work and leaves in the
    record what it measured; it is called with PyTorch at hand. `defaults` describe a run whose own are not known yet."""

    record: RunRecord
    defaults: Any
    parse: Callable[[Sequence[str]], Any]
    run: Callable[[Any, Any, ProgressWriter, Log], None]
    describe_too_large: Callable[[Any, BaseException], WorkloadFailure]
    # A reading of `time.perf_counter` at the start of the process.
    started: float

    @property
    def name(self) -> str:
        return self.record.descriptor.program


class Outcome:
    """The one report of a run. Main thread and signal thread may both want to give it; the first one does."""

    def __init__(self, program: Program, result_path: Optional[str]) -> None:
        self._program = program
        self._result_path = result_path
        self._lock = threading.Lock()

    def claim(self) -> bool:
        """Whether the caller is the first, and so has to report."""
        return self._lock.acquire(blocking=False)

    def report(self, failure: Optional[WorkloadFailure]) -> int:
        """Writes the result, the message and the line of metrics. Returns the exit code."""
        name, record = self._program.name, self._program.record
        if record.duration_seconds is None:
            record.duration_seconds = time.perf_counter() - self._program.started
        exit_code = 0 if failure is None else failure.exit_code
        if failure is not None:
            print(f"{name}: {failure.code}: {failure.message}. Fix: {failure.fix}.", file=sys.stderr, flush=True)
        document = build_result(record, failure)
        if self._result_path is not None:
            try:
                write_result(self._result_path, document)
            except OSError as error:
                print(f"{name}: the result could not be written: {error}", file=sys.stderr, flush=True)
                exit_code = exit_code or 1
        try:
            print(metrics_line(document, exit_code), flush=True)
        except OSError:
            pass  # The output is closed; the result file and the exit code still have everything.
        return exit_code


def run(program: Program, arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the command line given (without the program's name). Returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    outcome = Outcome(program, find_result_path(given))
    stop_on_signal(lambda number: _stop(outcome, number))
    ensure_user_name(os.environ)
    record = program.record
    failure: Optional[WorkloadFailure] = None
    try:
        record.parameters = program.parse(given)
        _run(program)
    except Exception as error:  # noqa: BLE001 - every failure becomes a typed one here, and only here
        known = record.parameters or program.defaults
        failure = classify(error, lambda refused: program.describe_too_large(known, refused))
        if failure.code == "WORKLOAD_FAILED":
            traceback.print_exc()
    if not outcome.claim():
        threading.Event().wait()  # The signal thread is reporting and ends the process.
    return outcome.report(failure)


def _run(program: Program) -> None:
    record = program.record
    parameters, unit = record.parameters, record.descriptor.rate_unit
    with ExitStack() as stack:
        stream = None
        if parameters.progress == "-":
            stream = sys.stdout
        elif parameters.progress is not None:
            stream = stack.enter_context(open(parameters.progress, "w", encoding="utf-8"))
        progress = ProgressWriter(stream, parameters.timed_steps, unit, program.started)
        progress.enter_phase("setup")
        _import_pytorch(program.name)
        program.run(parameters, record, progress, _log)
        record.duration_seconds = time.perf_counter() - program.started
    steps, seconds = len(record.step_seconds), sum(record.step_seconds)
    throughput = parameters.work_per_step * steps / seconds
    shown = f"{throughput:.1f}" if throughput < 1e6 else f"{throughput:.4g}"
    _log(f"{shown} {unit} over {steps} steps, {record.duration_seconds:.1f} s in all")


def ensure_user_name(environment: MutableMapping[str, str]) -> None:
    """Names a user id without an entry in /etc/passwd, for PyTorch's compiler, which names its cache after the user."""
    try:
        getpass.getuser()
    except Exception:  # noqa: BLE001 - KeyError, and OSError from Python 3.13 on
        environment["LOGNAME"] = f"uid-{os.getuid()}"


def _import_pytorch(name: str) -> None:
    python = f"{sys.executable or 'python3'}"
    fix = f"install it: `{python} -m pip install torch`, or run {name} with a Python that has it"
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
