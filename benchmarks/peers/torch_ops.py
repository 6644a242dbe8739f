"""The operations of BoxTeacher.Benchmarks.Torch in Python's PyTorch.

Reads the name of an operation per line and a number of repetitions, runs it that often, and answers with the
seconds it took. The other side decides when, so that both sides measure in turns on the same machine.
"""
import gc
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(0)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = torch.nn.Conv2d(3, 16, 3, stride=1, padding=1)
        self.c2 = torch.nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.c3 = torch.nn.Conv2d(32, 64, 3, stride=2, padding=1)
        self.out = torch.nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.relu(self.c2(x))
        x = F.relu(self.c3(x))
        return self.out(x.mean([2, 3]))


a, b, m = torch.rand(1), torch.rand(1), torch.rand(4, 4)
images, classes = torch.rand(8, 3, 32, 32), torch.randint(0, 10, (8,))
# Gradients that stay as they are: those of a network that has learned its batch by heart end among denormal numbers.
weights = [torch.nn.Parameter(torch.rand_like(p)) for p in Net().parameters()]
for p in weights:
    p.grad = torch.rand_like(p)
optimizer = torch.optim.SGD(weights, lr=1e-6, momentum=0.9)


def add(n):
    for _ in range(n):
        a + b


def add_scalar(n):
    for _ in range(n):
        a + 1


def shape(n):
    for _ in range(n):
        a.shape


def item(n):
    for _ in range(n):
        a.item()


def index(n):
    for _ in range(n):
        m[1, 2]


def sgd_step(n):
    for _ in range(n):
        optimizer.step()


def conv_net(n):
    net = Net()
    sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for _ in range(n):
        sgd.zero_grad()
        F.cross_entropy(net(images), classes).backward()
        sgd.step()


operations = {f.__name__: f for f in (add, add_scalar, shape, item, index, sgd_step, conv_net)}
print(torch.__version__, flush=True)
for line in sys.stdin:
    name, count = line.split()
    gc.collect()
    start = time.perf_counter()
    operations[name](int(count))
    print(time.perf_counter() - start, flush=True)
