#!/usr/bin/env python3
"""Trains ResNet-50 on synthetic images and measures images per second. See README.md beside this file.

`training.py` is the run itself; it and PyTorch are imported only after the arguments are known to be good.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

STARTED = time.perf_counter()
sys.path.insert(1, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from radix_workload import process  # noqa: E402
from radix_workload.result import now_iso  # noqa: E402

from arguments import DESCRIPTOR, Parameters, parse_arguments  # noqa: E402
from memory import describe_too_large  # noqa: E402
from record import VERSION, TrainingRecord  # noqa: E402


def _run(*given: Any) -> None:
    import training

    training.run(*given)


if __name__ == "__main__":
    program = process.Program(
        record=TrainingRecord(DESCRIPTOR, VERSION, now_iso()),
        defaults=Parameters(),
        parse=parse_arguments,
        run=_run,
        describe_too_large=describe_too_large,
        started=STARTED,
    )
    sys.exit(process.run(program))
