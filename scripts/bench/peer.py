"""The PyTorch side of `npm run bench step` and `gemm`: reads one JSON job from the first argument, prints one JSON line.

Nothing of Pretext needs Python: this only measures what Pretext is compared with.
"""

import json
import os
import sys
import time

job = json.loads(sys.argv[1])
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(job["threads"])

import torch
from torch import nn

torch.set_num_threads(job["threads"])
torch.manual_seed(1)
clock = time.process_time if job["clock"] == "cpu" else time.perf_counter


def measure(step, seconds):
    for _ in range(3):
        step()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = clock()
        step()
        times.append((clock() - start) * 1e3)
    return {"medianMs": sorted(times)[len(times) // 2], "bestMs": min(times)}


class Normalised(nn.Module):
    def __init__(self, network, convolution):
        super().__init__()
        size, channels = convolution["size"], convolution["to"]
        self.convolution = nn.Conv2d(convolution["from"], channels, size, convolution["stride"], size // 2, bias=False)
        batch = network["norm"] == "batch"
        self.norm = nn.BatchNorm2d(channels) if batch else nn.GroupNorm(network["groups"], channels)
        self.relu = convolution["relu"]

    def forward(self, x):
        y = self.norm(self.convolution(x))
        return torch.relu(y) if self.relu else y


class Residual(nn.Module):
    def __init__(self, network, body, shortcut):
        super().__init__()
        self.body = nn.Sequential(*(Normalised(network, convolution) for convolution in body))
        self.shortcut = Normalised(network, shortcut) if shortcut else nn.Identity()

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def create(network):
    layers = []
    for layer in network["layers"]:
        if layer["type"] == "convolution":
            layers.append(Normalised(network, layer))
        elif layer["type"] == "maxpool":
            layers.append(nn.MaxPool2d(layer["size"], layer["stride"], (layer["size"] - 1) // 2))
        else:
            layers.append(Residual(network, layer["body"], layer["shortcut"]))
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(network["features"], network["classes"])]
    return nn.Sequential(*layers, *head)


def measure_step():
    network, device = job["network"], job["device"]
    model = create(network).to(device)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    images = torch.rand(job["batch"], 3, network["side"], network["side"], device=device) * 2 - 1
    labels = torch.randint(0, network["classes"], (job["batch"],), device=device)

    def step():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        # Waits for a GPU.
        return loss.item()

    def measure_with(tf32):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32
        return measure(step, job["seconds"])

    parameters = sum(parameter.numel() for parameter in model.parameters())
    times = {"fp32": measure_with(False), **({"tf32": measure_with(True)} if device == "cuda" else {})}
    return {"numParameters": parameters, "times": times}


def measure_gemm():
    rows, columns, depth = job["M"], job["N"], job["K"]
    a = torch.rand(depth, rows).T if job["transposeA"] else torch.rand(rows, depth)
    b = torch.rand(columns, depth).T if job["transposeB"] else torch.rand(depth, columns)
    return measure(lambda: a @ b, job["seconds"])


print(json.dumps(measure_step() if job["type"] == "step" else measure_gemm()))
