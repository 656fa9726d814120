"""What each recipe asks for, and the optimizer it ends with."""

import os
import unittest
from unittest import mock

import torch

import recipes
from recipes import Precision, apply_flags, choose_precision, make_optimizer, note_environment


class Reference(unittest.TestCase):
    def test_is_fp32_eager_with_tf32_only_in_convolutions(self) -> None:
        self.assertEqual(choose_precision("reference", (8, 6), set()), Precision(tf32_conv=True, foreach_optimizer=True))

    def test_says_that_an_older_gpu_has_no_tf32(self) -> None:
        precision = choose_precision("reference", (7, 5), set())
        self.assertTrue(precision.tf32_conv)
        self.assertIn("no", " ".join(precision.notes))

    def test_on_a_cpu_is_plain_fp32(self) -> None:
        self.assertEqual(choose_precision("reference", None, {"avx512_bf16"}), Precision())


class Tuned(unittest.TestCase):
    def test_takes_bf16_where_the_gpu_has_it_and_scaled_fp16_where_not(self) -> None:
        new, old = choose_precision("tuned", (8, 6), set()), choose_precision("tuned", (7, 5), set())
        self.assertEqual((new.autocast, new.loss_scaling), ("bfloat16", False))
        self.assertEqual((old.autocast, old.loss_scaling), ("float16", True))
        self.assertIn("no bf16", " ".join(old.notes))
        for precision in (new, old):
            self.assertTrue(precision.channels_last and precision.cuda_graph and precision.cudnn_benchmark)

    def test_compiles_only_where_the_stack_can_and_says_why_not(self) -> None:
        with mock.patch("recipes.importlib.util.find_spec", return_value=object()), mock.patch.object(
            torch, "compile", object(), create=True
        ):
            self.assertTrue(choose_precision("tuned", (8, 0), set()).compiled)
            old = choose_precision("tuned", (6, 1), set())
            self.assertFalse(old.compiled)
            self.assertIn("7.0", " ".join(old.notes))
            with mock.patch("recipes.importlib.util.find_spec", return_value=None):
                bare = choose_precision("tuned", (8, 0), set())
            with mock.patch.dict(os.environ, {"TORCH_COMPILE_DISABLE": "1"}):
                switched_off = choose_precision("tuned", (8, 0), set())
        self.assertFalse(switched_off.compiled)
        self.assertIn("not compiled: TORCH_COMPILE_DISABLE is set", switched_off.notes)
        self.assertFalse(bare.compiled)
        self.assertIn("not compiled: Triton is not installed", bare.notes)

    def test_on_a_cpu_takes_bf16_only_with_the_instructions_for_it(self) -> None:
        self.assertEqual(choose_precision("tuned", None, {"avx2", "amx_bf16"}).autocast, "bfloat16")
        plain = choose_precision("tuned", None, {"avx2"})
        self.assertIsNone(plain.autocast)
        self.assertFalse(plain.compiled or plain.cuda_graph)
        self.assertEqual(len(plain.notes), 2)


class Flags(unittest.TestCase):
    def test_are_set_one_by_one_on_a_gpu(self) -> None:
        before = (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.benchmark)
        try:
            for wanted in (True, False):
                apply_flags(Precision(tf32_conv=wanted, tf32_matmul=not wanted, cudnn_benchmark=wanted), "cuda")
                self.assertEqual(torch.backends.cudnn.allow_tf32, wanted)
                self.assertEqual(torch.backends.cuda.matmul.allow_tf32, not wanted)
                self.assertEqual(torch.backends.cudnn.benchmark, wanted)
        finally:
            torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before[:2]
            torch.backends.cudnn.benchmark = before[2]


class Environment(unittest.TestCase):
    def test_variables_that_overrule_the_recipe_are_noted_with_their_values(self) -> None:
        precision = Precision()
        note_environment(precision, {"NVIDIA_TF32_OVERRIDE": "0", "HOME": "/root"})
        self.assertEqual(precision.notes, ["NVIDIA_TF32_OVERRIDE=0 is set and may overrule this recipe"])


class Optimizer(unittest.TestCase):
    def test_starts_from_a_momentum_of_zero_also_where_its_first_step_is_skipped(self) -> None:
        model, precision = torch.nn.Linear(2, 2), Precision(fused_optimizer=True)
        optimizer = make_optimizer(model, precision, 0.1, 0.9, 1e-4)
        if precision.fused_optimizer:
            for parameter in model.parameters():
                parameter.grad = torch.full_like(parameter, float("inf"))
            # As the gradient scaler says it: the gradients are not finite.
            optimizer.grad_scale, optimizer.found_inf = torch.ones(()), torch.ones(())
            optimizer.step()
        for parameter in model.parameters():
            self.assertEqual(float(optimizer.state[parameter]["momentum_buffer"].abs().sum()), 0.0)

    def test_is_sgd_with_the_figures_given(self) -> None:
        group = make_optimizer(torch.nn.Linear(2, 2), Precision(), 0.05, 0.9, 1e-4).param_groups[0]
        self.assertEqual((group["lr"], group["momentum"], group["weight_decay"]), (0.05, 0.9, 1e-4))
        self.assertIs(group["foreach"], False)

    def test_falls_back_where_sgd_has_no_fused_kernel_and_notes_it(self) -> None:
        real = torch.optim.SGD

        def without_fused(parameters: object, **options: object) -> torch.optim.SGD:
            if "fused" in options:
                raise TypeError("unexpected keyword argument 'fused'")
            return real(parameters, **options)

        precision = Precision(fused_optimizer=True)
        with mock.patch.object(recipes.torch.optim, "SGD", side_effect=without_fused):
            make_optimizer(torch.nn.Linear(2, 2), precision, 0.1, 0.9, 1e-4)
        self.assertFalse(precision.fused_optimizer)
        self.assertIn("not fused", " ".join(precision.notes))


if __name__ == "__main__":
    unittest.main()
