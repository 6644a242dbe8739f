"""CondInst on ResNet-50 with FPN in plain PyTorch: the networks of the peer of BoxTeacher.Benchmarks.Train.

Each operation is the one that the published implementation runs, in eager mode and without shortcuts: frozen batch norm
as multiply and add, the controller at every location, the mask head as one grouped convolution over repeated features.
"""
import torch
import torch.nn.functional as F
from torch import nn

STRIDES = [8, 16, 32, 64, 128]
SIZES_OF_INTEREST = [64, 128, 256, 512, 1024]


class FrozenBatchNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0 - 1e-5)):
            self.register_buffer(name, torch.full((channels,), value))

    def forward(self, x):
        if not x.requires_grad:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=1e-5)
        scale = self.weight * (self.running_var + 1e-5).rsqrt()
        bias = self.bias - self.running_mean * scale
        return x * scale.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1)


class NormConv(nn.Conv2d):
    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = FrozenBatchNorm(outputs)

    def forward(self, x):
        return self.norm(super().forward(x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, inner, outputs, stride):
        super().__init__()
        self.shortcut = NormConv(inputs, outputs, 1, stride) if inputs != outputs else None
        self.conv1 = NormConv(inputs, inner, 1, stride)
        self.conv2 = NormConv(inner, inner, 3)
        self.conv3 = NormConv(inner, outputs, 1)

    def forward(self, x):
        y = F.relu_(self.conv1(x))
        y = F.relu_(self.conv2(y))
        y = self.conv3(y)
        y += x if self.shortcut is None else self.shortcut(x)
        return F.relu_(y)


class ResNet(nn.Module):
    def __init__(self, stem, res2, width):
        super().__init__()
        self.stem = nn.Module()
        self.stem.conv1 = NormConv(3, stem, 7, 2)
        inputs = stem
        for stage, blocks in enumerate([3, 4, 6, 3]):
            outputs, inner = res2 << stage, width << stage
            layers = [Bottleneck(inputs if b == 0 else outputs, inner, outputs, 2 if b == 0 and stage > 0 else 1) for b in range(blocks)]
            setattr(self, f"res{stage + 2}", nn.Sequential(*layers))
            inputs = outputs
        for part in (self.stem, self.res2):
            for parameter in part.parameters():
                parameter.requires_grad = False

    def forward(self, x):
        x = F.max_pool2d(F.relu_(self.stem.conv1(x)), 3, 2, 1)
        x = self.res2(x)
        outputs = []
        for stage in (self.res3, self.res4, self.res5):
            x = stage(x)
            outputs.append(x)
        return outputs


class Backbone(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.bottom_up = ResNet(case["stem"], case["res2"], case["width"])
        channels = case["channels"]
        for stage in (3, 4, 5):
            setattr(self, f"fpn_lateral{stage}", nn.Conv2d(case["res2"] << (stage - 2), channels, 1))
            setattr(self, f"fpn_output{stage}", nn.Conv2d(channels, channels, 3, padding=1))
        self.top_block = nn.Module()
        self.top_block.p6 = nn.Conv2d(channels, channels, 3, 2, 1)
        self.top_block.p7 = nn.Conv2d(channels, channels, 3, 2, 1)

    def forward(self, x):
        levels, above = [], None
        for stage, features in reversed(list(zip((3, 4, 5), self.bottom_up(x)))):
            lateral = getattr(self, f"fpn_lateral{stage}")(features)
            above = lateral if above is None else lateral + F.interpolate(above, scale_factor=2.0, mode="nearest")
            levels.insert(0, getattr(self, f"fpn_output{stage}")(above))
        p6 = self.top_block.p6(levels[-1])
        return levels + [p6, self.top_block.p7(F.relu(p6))]


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return x * self.scale


class FcosHead(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        for name in ("cls_tower", "bbox_tower"):
            layers = []
            for _ in range(4):
                layers += [nn.Conv2d(channels, channels, 3, padding=1), nn.GroupNorm(32, channels), nn.ReLU()]
            setattr(self, name, nn.Sequential(*layers))
        self.cls_logits = nn.Conv2d(channels, classes, 3, padding=1)
        self.bbox_pred = nn.Conv2d(channels, 4, 3, padding=1)
        self.ctrness = nn.Conv2d(channels, 1, 3, padding=1)
        self.scales = nn.ModuleList([Scale() for _ in STRIDES])

    def forward(self, levels, controller):
        logits, distances, centreness, parameters = [], [], [], []
        for scale, features in zip(self.scales, levels):
            tower = self.bbox_tower(features)
            logits.append(self.cls_logits(self.cls_tower(features)))
            centreness.append(self.ctrness(tower))
            distances.append(F.relu(scale(self.bbox_pred(tower))))
            parameters.append(controller(tower))
        return logits, distances, centreness, parameters


def aligned_bilinear(x, factor):
    if factor == 1:
        return x
    h, w = x.shape[2:]
    x = F.pad(x, (0, 1, 0, 1), mode="replicate")
    x = F.interpolate(x, size=(factor * h + 1, factor * w + 1), mode="bilinear", align_corners=True)
    x = F.pad(x, (factor // 2, 0, factor // 2, 0), mode="replicate")
    return x[:, :, :factor * h, :factor * w]


class MaskBranch(nn.Module):
    def __init__(self, inputs, channels, outputs):
        super().__init__()

        def block(a, b):
            return nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True))
        self.refine = nn.ModuleList([block(inputs, channels) for _ in range(3)])
        self.tower = nn.Sequential(*[block(channels, channels) for _ in range(4)], nn.Conv2d(channels, outputs, 1))

    def forward(self, levels):
        x = self.refine[0](levels[0])
        for i in (1, 2):
            x = x + aligned_bilinear(self.refine[i](levels[i]), 2 ** i)
        return self.tower(x)


class MaskHead(nn.Module):
    """Three layers of 1x1 convolutions, 8 channels wide, whose numbers are generated per instance."""
    CHANNELS, STRIDE = 8, 8

    def __init__(self, features):
        super().__init__()
        self.register_buffer("sizes_of_interest", torch.tensor(SIZES_OF_INTEREST))
        self.register_buffer("_iter", torch.zeros(1))
        c = self.CHANNELS
        self.weights = [(features + 2) * c, c * c, c]
        self.biases = [c, c, 1]

    def forward(self, features, images, places, levels, parameters):
        """Logits [M, 1, 2h, 2w] of M instances in images at places [M, 2], from parameters [M, K]."""
        count, (h, w) = len(images), features.shape[2:]
        cells = places_of(h, w, self.STRIDE)
        relative = places.view(-1, 1, 2) - cells.view(1, -1, 2)
        relative = relative.permute(0, 2, 1).float() / self.sizes_of_interest.float()[levels].view(-1, 1, 1)
        x = torch.cat([relative, features[images].view(count, -1, h * w)], 1).view(1, -1, h, w)
        numbers = torch.split_with_sizes(parameters, self.weights + self.biases, dim=1)
        for layer in range(3):
            outputs = 1 if layer == 2 else self.CHANNELS
            weight = numbers[layer].reshape(count * outputs, -1, 1, 1)
            x = F.conv2d(x, weight, numbers[3 + layer].reshape(count * outputs), groups=count)
            if layer < 2:
                x = F.relu(x)
        return aligned_bilinear(x.view(-1, 1, h, w), 2)


class CondInst(nn.Module):
    def __init__(self, case):
        super().__init__()
        channels, features = case["channels"], 16
        self.backbone = Backbone(case)
        self.proposal_generator = nn.Module()
        self.proposal_generator.fcos_head = FcosHead(channels, case["classes"])
        self.mask_branch = MaskBranch(channels, case["maskChannels"], features)
        self.mask_head = MaskHead(features)
        self.controller = nn.Conv2d(channels, sum(self.mask_head.weights + self.mask_head.biases), 3, padding=1)

    def forward(self, images):
        levels = self.backbone(images)
        return self.mask_branch(levels), self.proposal_generator.fcos_head(levels, self.controller)


def places_of(h, w, stride):
    """Input pixels x, y of the cells of a map, row-major, [h*w, 2]."""
    x = torch.arange(0, w * stride, stride, dtype=torch.float32)
    y = torch.arange(0, h * stride, stride, dtype=torch.float32)
    y, x = torch.meshgrid(y, x, indexing="ij")
    return torch.stack((x.reshape(-1), y.reshape(-1)), 1) + stride // 2


def places_of_levels(maps):
    return [places_of(*m.shape[2:], stride) for m, stride in zip(maps, STRIDES)]
