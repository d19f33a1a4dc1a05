"""The Python side of `npm run bench learn`: reads one JSON job from the first argument, prints one JSON line.

Trains the same ResNet-18 with lightly's NT-Xent on the views that Pretext drew, and writes the features of given pictures.
"""

import json
import os
import sys

job = json.loads(sys.argv[1])
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(job["threads"])

import torch
from lightly.loss import NTXentLoss
from torch import nn

torch.set_num_threads(job["threads"])
torch.manual_seed(job["seed"])
side, batch, width = job["side"], job["batch"], job["width"]
mean = torch.tensor(job["mean"]).view(1, 3, 1, 1)
deviation = torch.tensor(job["deviation"]).view(1, 3, 1, 1)


class Convolution(nn.Module):
    """Pads as Pretext does: so that the side is divided by the stride, what is left over at the end."""

    def __init__(self, size, channels_in, channels_out, stride=1, relu=True):
        super().__init__()
        self.convolution = nn.Conv2d(channels_in, channels_out, size, stride, bias=False)
        nn.init.kaiming_uniform_(self.convolution.weight, nonlinearity="relu")
        self.norm = nn.BatchNorm2d(channels_out)
        total = max(size - stride, 0)
        self.padding = (total // 2, total - total // 2) * 2
        self.relu = relu

    def forward(self, x):
        y = self.norm(self.convolution(nn.functional.pad(x, self.padding)))
        return torch.relu(y) if self.relu else y


class Block(nn.Module):
    def __init__(self, channels_in, channels_out, stride):
        super().__init__()
        self.first = Convolution(3, channels_in, channels_out, stride)
        self.second = Convolution(3, channels_out, channels_out, relu=False)
        nn.init.zeros_(self.second.norm.weight)
        same = stride == 1 and channels_in == channels_out
        self.shortcut = nn.Identity() if same else Convolution(1, channels_in, channels_out, stride, relu=False)

    def forward(self, x):
        return torch.relu(self.second(self.first(x)) + self.shortcut(x))


def create_trunk():
    layers = [Convolution(3, 3, width)]
    channels = width
    for stage in range(4):
        for block in range(2):
            opens = stage > 0 and block == 0
            layers.append(Block(channels, width * 2**stage, 2 if opens else 1))
            channels = width * 2**stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def create_head():
    layers = [nn.Linear(8 * width, job["hidden"]), nn.ReLU(), nn.Linear(job["hidden"], job["dims"])]
    for layer in (layers[0], layers[2]):
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


def read_pictures(file, count):
    pixels = torch.frombuffer(bytearray(file.read(count * side * side * 3)), dtype=torch.uint8)
    pictures = pixels.view(count, side, side, 3).permute(0, 3, 1, 2).float() / 255
    return (pictures - mean) / deviation


def train():
    trunk, head = create_trunk(), create_head()
    parameters = [*trunk.parameters(), *head.parameters()]
    decaying = [parameter for parameter in parameters if parameter.dim() > 1]
    others = [parameter for parameter in parameters if parameter.dim() <= 1]
    groups = [{"params": decaying, "weight_decay": job["weightDecay"]}, {"params": others, "weight_decay": 0}]
    optimizer = torch.optim.AdamW(groups, job["rate"])
    criterion = NTXentLoss(temperature=job["temperature"])
    with open(job["views"], "rb") as file:
        for _ in range(job["steps"]):
            one, other = read_pictures(file, batch), read_pictures(file, batch)
            loss = criterion(head(trunk(one)), head(trunk(other)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return trunk, loss.item()


trunk, loss = train()
trunk.eval()
with torch.no_grad(), open(job["pictures"], "rb") as file, open(job["features"], "wb") as out:
    for _ in range(job["numPictures"]):
        out.write(trunk(read_pictures(file, 1)).numpy().tobytes())
print(json.dumps({"loss": loss}))
