"""What the training adds to its result; no PyTorch."""

import json
import unittest

from radix_workload.failures import WorkloadFailure
from radix_workload.result import build_result

from arguments import DESCRIPTOR, Parameters
from record import TrainingRecord

FAILURE = WorkloadFailure("WORKLOAD_NON_FINITE_LOSS", "it is not finite", "repeat it")


class Losses(unittest.TestCase):
    def record(self, *losses: float) -> TrainingRecord:
        return TrainingRecord(DESCRIPTOR, "1", "now", Parameters(recipe="tuned"), losses=list(losses))

    def test_stand_in_the_result_with_the_recipe(self) -> None:
        document = build_result(self.record(7.0, 6.5, 6.0))
        self.assertEqual(document["loss"], {"first": 7.0, "last": 6.0, "finite": True})
        self.assertEqual(document["recipe"], "tuned")

    def test_that_are_not_finite_never_reach_the_json(self) -> None:
        document = build_result(self.record(7.0, float("nan")), FAILURE)
        self.assertEqual(document["loss"], {"first": 7.0, "last": None, "finite": False})
        json.dumps(document, allow_nan=False)


if __name__ == "__main__":
    unittest.main()
