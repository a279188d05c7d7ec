"""The network: plain convolutions, one map of predictions, a box for every eighth pixel."""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

STRIDE = 8  # pixels between neighbouring predictions
FIRST_GUESS = 0.018  # score of every class before training: objects are rare
FIRST_REACH = 9.0  # pixels from a prediction's centre to each side of its first box


@dataclass(frozen=True)
class Architecture:
    """What fixes the shape of every weight."""

    classes: int
    channels: tuple[int, int, int, int] = (16, 32, 64, 128)  # at strides 2, 4, 8 and 16
    blocks: tuple[int, int] = (1, 1)  # residual blocks at strides 8 and 16


class ConvNorm(nn.Sequential):
    """A convolution and its batch normalisation, followed by ReLU unless told otherwise."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, *, relu: bool = True
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        if relu:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class Residual(nn.Module):
    """Two convolutions that correct their own input (He et al., 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels)
        self.second = ConvNorm(channels, channels, relu=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return features of the same shape."""
        return functional.relu(features + self.second(self.first(features)))


class Network(nn.Module):
    """An anchor-free detector; see `forward` for what goes in and what comes out."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        half, quarter, eighth, sixteenth = architecture.channels
        self.stem = nn.Sequential(
            ConvNorm(3, half, stride=2),
            ConvNorm(half, quarter, stride=2),
            ConvNorm(quarter, eighth, stride=2),
            *(Residual(eighth) for _ in range(architecture.blocks[0])),
        )
        self.context = nn.Sequential(
            ConvNorm(eighth, sixteenth, stride=2),
            *(Residual(sixteenth) for _ in range(architecture.blocks[1])),
            ConvNorm(sixteenth, eighth, kernel=1),
        )
        self.tower = nn.Sequential(ConvNorm(eighth, eighth), ConvNorm(eighth, eighth))
        self.classify = nn.Conv2d(eighth, architecture.classes, 1)
        self.locate = nn.Conv2d(eighth, 4, 1)
        nn.init.constant_(self.classify.bias, math.log(FIRST_GUESS / (1 - FIRST_GUESS)))
        nn.init.normal_(self.locate.weight, std=0.01)
        nn.init.constant_(self.locate.bias, math.log(FIRST_REACH))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Turn images (N, 3, H, W) in 0..1 into class logits (N, A, C) and boxes (N, A, 4).

        There is one prediction per STRIDE x STRIDE pixels, so A = H * W / STRIDE**2, row by row;
        boxes are left, top, right, bottom in pixels. H and W are multiples of 16.
        """
        near = self.stem((images - 0.45) * 4.0)
        wide = functional.interpolate(self.context(near), scale_factor=2.0, mode="nearest")
        features = self.tower(near + wide)
        logits = self.classify(features).flatten(2).transpose(1, 2).float()
        reach = self.locate(features).float().clamp(-2.0, 6.0).exp()
        return logits, _boxes(reach)


def centres(rows: int, columns: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return x (columns,) and y (rows,) of the prediction centres, in pixels."""
    x = (torch.arange(columns, device=device, dtype=torch.float32) + 0.5) * STRIDE
    y = (torch.arange(rows, device=device, dtype=torch.float32) + 0.5) * STRIDE
    return x, y


def _boxes(reach: torch.Tensor) -> torch.Tensor:
    """Turn distances from centre to left, top, right, bottom (N, 4, h, w) into boxes (N, A, 4)."""
    x, y = centres(reach.shape[2], reach.shape[3], reach.device)
    sides = [
        x - reach[:, 0],
        y[:, None] - reach[:, 1],
        x + reach[:, 2],
        y[:, None] + reach[:, 3],
    ]
    return torch.stack(sides, -1).flatten(1, 2)
