"""The timers, with injected clocks and events, and the statistics of steps."""

import unittest

from radix_workload.timing import QUEUE_DEPTH, DeviceStepTimer, HostStepTimer, TimedStep, summarise


class HostTimer(unittest.TestCase):
    def test_measures_from_step_to_step(self) -> None:
        readings = iter([10.0, 10.5, 12.0])
        timer = HostStepTimer(clock=lambda: next(readings))
        timer.start()
        self.assertEqual(timer.step_finished(3.0), [TimedStep(0.5, 3.0)])
        self.assertEqual(timer.step_finished(2.0), [TimedStep(1.5, 2.0)])
        self.assertEqual(timer.drain(), [])


class FakeDevice:
    """A stream whose work is done when the test says so: `done` events of those recorded, each a second apart."""

    def __init__(self) -> None:
        self.recorded = 0
        self.done = 0
        self.waits = 0

    def make_event(self) -> "FakeEvent":
        return FakeEvent(self)


class FakeEvent:
    def __init__(self, device: FakeDevice) -> None:
        self.device = device
        self.number = 0

    def record(self) -> None:
        self.device.recorded += 1
        self.number = self.device.recorded

    def query(self) -> bool:
        return self.number <= self.device.done

    def synchronize(self) -> None:
        self.device.waits += 1
        self.device.done = max(self.device.done, self.number)

    def elapsed_time(self, other: "FakeEvent") -> float:
        return 1000.0 * (other.number - self.number)


class FakeSlot:
    def __init__(self) -> None:
        self.value = 0.0

    def copy_(self, value: float, non_blocking: bool) -> None:
        assert non_blocking
        self.value = value

    def __float__(self) -> float:
        return self.value


class DeviceTimer(unittest.TestCase):
    def setUp(self) -> None:
        self.device = FakeDevice()
        self.timer = DeviceStepTimer(self.device.make_event, [FakeSlot() for _ in range(QUEUE_DEPTH)])
        self.timer.start()
        self.device.done = 1

    def test_reports_only_what_the_device_has_finished_and_never_waits(self) -> None:
        self.assertEqual(self.timer.step_finished(5.0), [])
        self.device.done = 2
        self.assertEqual(self.timer.step_finished(4.0), [TimedStep(1.0, 5.0)])
        self.assertEqual(self.device.waits, 0)

    def test_waits_for_the_oldest_step_only_once_the_queue_is_full(self) -> None:
        finished = [step for number in range(QUEUE_DEPTH - 1) for step in self.timer.step_finished(float(number))]
        self.assertEqual((finished, self.device.waits), ([], 0))
        self.assertEqual(self.timer.step_finished(99.0), [TimedStep(1.0, 0.0)])
        self.assertEqual(self.device.waits, 1)

    def test_every_step_comes_out_once_in_order_with_its_own_loss(self) -> None:
        count = 3 * QUEUE_DEPTH + 5
        finished = [step for number in range(count) for step in self.timer.step_finished(float(number))]
        finished += self.timer.drain()
        self.assertEqual([step.loss for step in finished], [float(number) for number in range(count)])
        self.assertEqual(sum(step.seconds for step in finished), float(count))
        self.assertEqual(self.timer.drain(), [])


class Summary(unittest.TestCase):
    def test_interpolates_percentiles(self) -> None:
        summary = summarise([float(value) for value in range(100, -1, -1)])
        self.assertEqual(summary, {"p50": 50.0, "p95": 95.0, "p99": 99.0, "min": 0.0, "max": 100.0, "mean": 50.0})
        self.assertAlmostEqual(summarise([1.0, 2.0])["p95"], 1.95)

    def test_one_step_and_none(self) -> None:
        self.assertEqual(set(summarise([0.25]).values()), {0.25})
        self.assertIsNone(summarise([]))


if __name__ == "__main__":
    unittest.main()
