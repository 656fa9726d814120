"""What every part of Radix knows of a workload: `descriptor.json` in its folder, generated from src/workloads."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Descriptor:
    """`work` is what the headline number counts: `images`. `parameters`: kind, range, default and meaning, by name."""

    name: str
    program: str
    does: str
    work: str
    parameters: dict[str, dict[str, Any]]

    @property
    def rate_unit(self) -> str:
        """Of the headline number: `images/s`."""
        return f"{self.work}/s"


def read_descriptor(folder: str) -> Descriptor:
    """The descriptor of the workload in this folder."""
    with open(os.path.join(folder, "descriptor.json"), encoding="utf-8") as file:
        return Descriptor(**json.load(file))
