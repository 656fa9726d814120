"""The command line of the matrix product. Imports nothing heavy, so that errors are instant."""

from __future__ import annotations

import os
from typing import Any, Sequence

from radix_workload import arguments
from radix_workload.arguments import Asked
from radix_workload.descriptor import read_descriptor

DESCRIPTOR = read_descriptor(os.path.dirname(os.path.abspath(__file__)))


class _Product(Asked):
    @property
    def timed_steps(self) -> int:
        return self.steps

    @property
    def work_per_step(self) -> int:
        """FLOP: a multiplication and an addition for each of size**3 pairs."""
        return 2 * self.size**3


Parameters = arguments.make_parameters(DESCRIPTOR, _Product)


def parse_arguments(given: Sequence[str]) -> Any:
    """`Parameters` from the command line. Raises `WorkloadFailure` (`WORKLOAD_USAGE`) for any value it cannot use."""
    return arguments.parse(DESCRIPTOR, Parameters, given)
