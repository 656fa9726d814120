"""The network: its size, its shapes, its start."""

import unittest

import torch

from resnet import PARAMETER_COUNT, Bottleneck, ResNet50


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        torch.manual_seed(0)
        cls.model = ResNet50()

    def test_has_the_parameters_of_resnet_50(self) -> None:
        self.assertEqual(sum(parameter.numel() for parameter in self.model.parameters()), 25_557_032)
        self.assertEqual(PARAMETER_COUNT, 25_557_032)

    def test_gives_a_thousand_logits_for_any_image_size(self) -> None:
        self.model.eval()
        with torch.no_grad():
            for size in (32, 65, 96):
                self.assertEqual(tuple(self.model(torch.zeros(2, 3, size, size)).shape), (2, 1000))

    def test_halves_the_image_five_times(self) -> None:
        self.model.eval()
        with torch.no_grad():
            stem = self.model.maxpool(self.model.conv1(torch.zeros(1, 3, 224, 224)))
        self.assertEqual(tuple(stem.shape), (1, 64, 56, 56))
        strides = [block.conv2.stride[0] for block in self.model.blocks]
        self.assertEqual(strides, [1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1])

    def test_is_version_1_5_with_the_stride_in_the_3x3_convolution(self) -> None:
        for block in self.model.blocks:
            self.assertEqual((block.conv1.stride, block.conv2.kernel_size), ((1, 1), (3, 3)))

    def test_blocks_start_as_the_identity(self) -> None:
        block = Bottleneck(256, 64, 1).eval()
        torch.nn.init.zeros_(block.bn3.weight)
        images = torch.rand(1, 256, 8, 8)
        with torch.no_grad():
            self.assertTrue(torch.equal(block(images), images))
        self.assertTrue(all(torch.count_nonzero(block.bn3.weight) == 0 for block in self.model.blocks))


if __name__ == "__main__":
    unittest.main()
