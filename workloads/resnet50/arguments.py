"""The command line of the training. Imports nothing heavy, so that errors are instant."""

from __future__ import annotations

import os
from typing import Any, Sequence

from radix_workload import arguments
from radix_workload.arguments import MAX_TIMED_STEPS, Asked, usage
from radix_workload.descriptor import read_descriptor

DESCRIPTOR = read_descriptor(os.path.dirname(os.path.abspath(__file__)))


class _Training(Asked):
    @property
    def timed_steps(self) -> int:
        """Over all epochs."""
        return self.epochs * self.steps_per_epoch

    @property
    def work_per_step(self) -> int:
        """Images."""
        return self.batch_size


Parameters = arguments.make_parameters(DESCRIPTOR, _Training)


def parse_arguments(given: Sequence[str]) -> Any:
    """`Parameters` from the command line. Raises `WorkloadFailure` (`WORKLOAD_USAGE`) for any value it cannot use."""
    parameters = arguments.parse(DESCRIPTOR, Parameters, given)
    if parameters.timed_steps > MAX_TIMED_STEPS:
        raise usage(
            f"--epochs {parameters.epochs} times --steps-per-epoch {parameters.steps_per_epoch} is "
            f"{parameters.timed_steps} timed steps, and one run times at most {MAX_TIMED_STEPS}",
            f"keep the product at or below {MAX_TIMED_STEPS}",
        )
    if parameters.batch_size == 1 and parameters.image_size == 32:
        raise usage(
            "--batch-size 1 with --image-size 32 leaves one value per channel, and batch normalisation needs two",
            "use --batch-size 2, or --image-size 33 or more",
        )
    return parameters
