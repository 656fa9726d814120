"""What the training reports beyond what every workload does: recipe, losses, optimizer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Optional

from radix_workload.result import RunRecord

# Raised whenever a change makes numbers incomparable with those before it.
VERSION = "1"


@dataclass
class TrainingRecord(RunRecord):
    """The losses are those of the timed steps."""

    losses: list[float] = field(default_factory=list)
    optimizer: Optional[dict[str, object]] = None

    def members(self) -> dict[str, object]:
        """See `RunRecord`."""
        losses = list(self.losses)
        return {
            "recipe": self.parameters.recipe if self.parameters else None,
            "loss": {
                "first": _finite(losses[0]) if losses else None,
                "last": _finite(losses[-1]) if losses else None,
                "finite": all(math.isfinite(loss) for loss in losses) if losses else None,
            },
            "optimizer": self.optimizer,
        }


def _finite(value: float) -> Optional[float]:
    return value if math.isfinite(value) else None
