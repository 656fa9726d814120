"""How a step is prepared: optional parts are kept where they work and left out, with their reason, where they fail."""

import functools
import gc
import unittest
import weakref
from unittest import mock

import torch

from preparation import prepare_step
from recipes import Precision
from test_training_step import losses, small_state
from training_step import TrainingState, build_state, make_eager_step


def keep_model(model: torch.nn.Module) -> torch.nn.Module:
    return model


def keep_step(step, stream):
    return step


class OptionalParts(unittest.TestCase):
    wish = Precision(compiled=True, cuda_graph=True)

    def test_all_kept_where_all_work_and_the_weights_are_those_of_the_seed(self) -> None:
        prepared = prepare_step(self.wish, small_state, compile_model=keep_model, capture=keep_step)
        self.assertTrue(prepared.precision.compiled and prepared.precision.cuda_graph)
        state = small_state(Precision())
        self.assertEqual(losses(prepared.run, 4), losses(make_eager_step(state, state.model), 4))

    def test_a_compiler_that_fails_is_left_out_with_its_reason(self) -> None:
        def broken(model: torch.nn.Module) -> torch.nn.Module:
            raise RuntimeError("no C compiler\nmore")

        prepared = prepare_step(self.wish, small_state, compile_model=broken, capture=keep_step)
        self.assertFalse(prepared.precision.compiled)
        self.assertTrue(prepared.precision.cuda_graph)
        self.assertEqual(prepared.precision.notes, ["not compiled: RuntimeError: no C compiler"])
        self.assertEqual(prepared.precision.fallbacks, prepared.precision.notes)

    def test_a_compiled_model_that_fails_only_when_run_is_left_out_too(self) -> None:
        def broken(model: torch.nn.Module):
            def forward(images: torch.Tensor) -> torch.Tensor:
                raise RuntimeError("CUDA out of memory")

            return forward

        prepared = prepare_step(self.wish, small_state, compile_model=broken, capture=keep_step)
        self.assertFalse(prepared.precision.compiled)

    def test_a_capture_that_fails_is_left_out_and_the_compilation_kept(self) -> None:
        def broken(step, stream):
            raise RuntimeError("operation not permitted when stream is capturing")

        prepared = prepare_step(self.wish, small_state, compile_model=keep_model, capture=broken)
        self.assertTrue(prepared.precision.compiled)
        self.assertFalse(prepared.precision.cuda_graph)
        self.assertEqual(len(prepared.precision.notes), 1)
        self.assertEqual(len(losses(prepared.run, 2)), 2)

    def test_both_may_fail(self) -> None:
        def broken(*_: object):
            raise RuntimeError("no")

        prepared = prepare_step(self.wish, small_state, compile_model=broken, capture=broken)
        self.assertFalse(prepared.precision.compiled or prepared.precision.cuda_graph)
        self.assertEqual(len(prepared.precision.notes), 2)

    def test_errors_of_the_plain_step_are_raised(self) -> None:
        def build(wish: Precision) -> TrainingState:
            raise RuntimeError("CUDA out of memory")

        with self.assertRaisesRegex(RuntimeError, "out of memory"):
            prepare_step(Precision(), build)

    def test_the_wish_itself_is_never_changed(self) -> None:
        prepare_step(self.wish, small_state, compile_model=keep_model, capture=keep_step)
        self.assertEqual(self.wish, Precision(compiled=True, cuda_graph=True))

    def test_no_graph_where_loss_scaling_waits_for_the_host(self) -> None:
        state = small_state(Precision())
        state.precision = Precision(cuda_graph=True, loss_scaling=True)
        prepared = prepare_step(Precision(), lambda wish: state)
        self.assertFalse(prepared.precision.cuda_graph)
        self.assertIn("loss scaling", prepared.precision.notes[0])

    def test_what_a_captured_graph_knows_only_by_address_lives_as_long_as_the_step(self) -> None:
        states = []

        def build(wish: Precision) -> TrainingState:
            state = small_state(wish)
            states.append(weakref.ref(state))
            return state

        prepared = prepare_step(self.wish, build, keep_model, lambda step, stream: lambda: torch.zeros(()))
        gc.collect()
        self.assertIsNotNone(states[0](), prepared)

    def test_gradients_are_given_back_before_the_capture(self) -> None:
        states = []

        def build(wish: Precision) -> TrainingState:
            states.append(small_state(wish))
            return states[-1]

        def capture(step, stream):
            self.assertTrue(all(parameter.grad is None for parameter in states[-1].model.parameters()))
            return step

        self.assertTrue(prepare_step(self.wish, build, keep_model, capture).precision.cuda_graph)


@unittest.skipUnless(hasattr(torch, "compile"), "needs PyTorch 2")
class Compilation(unittest.TestCase):
    def test_takes_the_whole_network_in_one_graph_and_trains_as_eager(self) -> None:
        def build(wish: Precision) -> TrainingState:
            return build_state(wish, batch_size=2, image_size=32, seed=0, device_type="cpu")

        # Traced but not translated: what is asked is that nothing in the network breaks the graph.
        without_code = functools.partial(torch.compile, backend="eager")
        with mock.patch.object(torch, "compile", without_code):
            compiled = prepare_step(Precision(compiled=True, channels_last=True), build)
        self.assertTrue(compiled.precision.compiled, compiled.precision.notes)
        eager = prepare_step(Precision(channels_last=True), build)
        for one, other in zip(losses(compiled.run, 3), losses(eager.run, 3)):
            self.assertAlmostEqual(one, other, delta=0.01 * other)


@unittest.skipUnless(torch.cuda.is_available(), "needs a CUDA device")
class OnCuda(unittest.TestCase):
    def test_a_captured_step_gives_the_losses_of_the_eager_one(self) -> None:
        def build(wish: Precision) -> TrainingState:
            return build_state(wish, batch_size=8, image_size=64, seed=0, device_type="cuda")

        captured = prepare_step(Precision(cuda_graph=True, foreach_optimizer=True), build)
        self.assertTrue(captured.precision.cuda_graph, captured.precision.notes)
        eager = prepare_step(Precision(foreach_optimizer=True), build)
        for one, other in zip(losses(captured.run, 5), losses(eager.run, 5)):
            self.assertAlmostEqual(one, other, delta=0.05 * other)


if __name__ == "__main__":
    unittest.main()
