"""The training step: its mathematics, and what the seed decides."""

import unittest
from unittest import mock

import torch

import training_step
from recipes import Precision
from training_step import TrainingState, build_state, learning_rate, make_eager_step


def small_state(wish: Precision) -> TrainingState:
    """A linear model in the place of ResNet-50, so that a step takes no time."""
    with mock.patch.object(training_step, "ResNet50", lambda: torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(3 * 4 * 4, 1000)
    )):
        return build_state(wish, batch_size=2, image_size=4, seed=0, device_type="cpu")


def losses(step, count: int) -> list:
    return [float(step()) for _ in range(count)]


class Mathematics(unittest.TestCase):
    def test_a_step_is_sgd_with_momentum_and_weight_decay_on_the_cross_entropy(self) -> None:
        state = small_state(Precision())
        weights = [parameter.detach().clone() for parameter in state.model.parameters()]
        momenta = [torch.zeros_like(weight) for weight in weights]
        step = make_eager_step(state, state.model)
        rate = learning_rate(2)
        for _ in range(3):
            leaves = [weight.clone().requires_grad_() for weight in weights]
            logits = state.images.flatten(1) @ leaves[0].t() + leaves[1]
            loss = torch.nn.functional.cross_entropy(logits, state.labels)
            loss.backward()
            self.assertAlmostEqual(float(step()), float(loss.detach()), places=4)
            for index, leaf in enumerate(leaves):
                momenta[index] = 0.9 * momenta[index] + leaf.grad + 1e-4 * weights[index]
                weights[index] = weights[index] - rate * momenta[index]
        for parameter, weight in zip(state.model.parameters(), weights):
            self.assertTrue(torch.allclose(parameter, weight, atol=1e-5))

    def test_learning_rate_is_linear_up_to_256_images(self) -> None:
        self.assertEqual([learning_rate(size) for size in (128, 256, 4096)], [0.05, 0.1, 0.1])

    def test_the_seed_decides_weights_images_and_labels(self) -> None:
        one, same = small_state(Precision()), small_state(Precision())
        self.assertTrue(torch.equal(one.images, same.images) and torch.equal(one.labels, same.labels))
        self.assertTrue(torch.equal(one.model[1].weight, same.model[1].weight))

    def test_bf16_autocast_trains_on_the_cpu_too(self) -> None:
        state = small_state(Precision(autocast="bfloat16"))
        values = losses(make_eager_step(state, state.model), 5)
        self.assertLess(values[-1], values[0])


if __name__ == "__main__":
    unittest.main()
