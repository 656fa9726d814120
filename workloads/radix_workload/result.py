"""The result (`radix.result/v2`): what a run has learnt so far, and the one document made of it, success or failure."""

from __future__ import annotations

import json
import math
import os
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any, Optional

from .descriptor import Descriptor
from .failures import WorkloadFailure
from .timing import summarise

SCHEMA = "radix.result/v2"
# A longer run keeps every second, third, … step in its result; the summary is of all of them. The agent refuses a result
# over 3 MiB (src/core/limits/workload.ts).
MAX_KEPT_STEPS = 20_000


@dataclass
class RunRecord:
    """What is known of a run; fields fill up as it goes, and a failure reports those that it reached. Seconds are
    wall seconds except `step_seconds`, which the device's timer gives. `device` and `precision` are dataclasses.
    A workload with more to report derives from it. `version` is raised whenever a change makes its numbers incomparable
    with those before it."""

    descriptor: Descriptor
    version: str
    started_at: str
    parameters: Any = None
    device: Any = None
    software: Optional[dict[str, Optional[str]]] = None
    precision: Any = None
    threads: Optional[int] = None
    preparation_seconds: Optional[float] = None
    warmup_steps: Optional[int] = None
    warmup_seconds: Optional[float] = None
    timed_started_at: Optional[str] = None
    timed_finished_at: Optional[str] = None
    step_seconds: list[float] = field(default_factory=list)
    duration_seconds: Optional[float] = None

    def members(self) -> dict[str, object]:
        """What only this workload reports."""
        return {}


def build_result(record: RunRecord, failure: Optional[WorkloadFailure] = None) -> dict[str, object]:
    """The document for a finished run, or for a failed one with what it reached. Facts that are missing are null."""
    steps = list(record.step_seconds)
    every = max(1, math.ceil(len(steps) / MAX_KEPT_STEPS))
    timed_seconds = sum(steps)
    amount = len(steps) * record.parameters.work_per_step if record.parameters else 0
    has_rate = failure is None and timed_seconds > 0
    unit = record.descriptor.rate_unit
    document: dict[str, object] = {
        "schema": SCHEMA,
        "status": "succeeded" if failure is None else "failed",
        "workload": {"name": record.descriptor.name, "version": record.version},
        "parameters": record.parameters.to_json() if record.parameters else None,
        "throughput": {"value": amount / timed_seconds, "unit": unit} if has_rate else None,
        "work": {"amount": amount, "unit": record.descriptor.work},
        "duration_seconds": record.duration_seconds,
        "timed_seconds": timed_seconds,
        "timed_window": _timed_window(record),
        "step_seconds": steps[::every],
        "step_seconds_every": every,
        "step_seconds_summary": summarise(steps),
        "warmup": {
            "steps": record.warmup_steps,
            "seconds": record.warmup_seconds,
            "preparation_seconds": record.preparation_seconds,
        },
        "device": asdict(record.device) if record.device else None,
        "software": record.software,
        "precision": _describe_precision(record.precision) if record.precision else None,
        "threads": record.threads,
        "started_at": record.started_at,
        "finished_at": now_iso(),
        **record.members(),
    }
    if failure is not None:
        document["error"] = {"code": failure.code, "message": failure.message, "fix": failure.fix}
    return document


def write_result(path: str, document: dict[str, object]) -> None:
    """Writes the document so that a reader sees the whole of it or nothing, also after a power cut. Raises OSError."""
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(prefix=".result-", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, allow_nan=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    folder_handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(folder_handle)
    finally:
        os.close(folder_handle)


def metrics_line(document: dict[str, object], exit_code: int) -> str:
    """The last line of the output: the figures that a caller needs without the result file."""
    error = document.get("error")
    metrics = {
        "throughput": document["throughput"],
        "duration_seconds": document["duration_seconds"],
        "exit_code": exit_code,
        "status": document["status"],
        "error_code": error["code"] if isinstance(error, dict) else None,
        "timed_seconds": document["timed_seconds"],
        "work": document["work"],
    }
    return json.dumps({"radix_metrics": metrics}, allow_nan=False)


def now_iso() -> str:
    """The time of day in UTC, ISO 8601 with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _timed_window(record: RunRecord) -> Optional[dict[str, str]]:
    if record.timed_started_at is None or record.timed_finished_at is None:
        return None
    return {"started_at": record.timed_started_at, "finished_at": record.timed_finished_at}


def _describe_precision(precision: Any) -> dict[str, object]:
    fields = asdict(precision)
    if not fields.get("fallbacks"):
        fields.pop("fallbacks", None)
    return fields
