"""Targets and losses of a BoxTeacher step in plain PyTorch."""
import torch
import torch.nn.functional as F

from boxteacher_model import STRIDES, places_of_levels

RANGES = [(-1, 64), (64, 128), (128, 256), (256, 512), (512, 1e8)]
XYZ = torch.tensor([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
WHITE = torch.tensor([0.95047, 1.0, 1.08883])


def unfold_neighbours(x):
    """The eight neighbours at distance 2 of maps [N, C, h, w]: [N, C, 8, h, w]."""
    n, c, h, w = x.shape
    windows = F.unfold(x, 3, dilation=2, padding=2).view(n, c, 9, h, w)
    return torch.cat((windows[:, :, :4], windows[:, :, 5:]), 2)


def lab(rgb):
    """[3, h, w] in 0..255 to CIE Lab."""
    x = rgb / 255
    linear = torch.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)
    xyz = torch.einsum("ij,jhw->ihw", XYZ, linear) / WHITE.view(3, 1, 1)
    f = torch.where(xyz > 0.008856, xyz.clamp(min=0) ** (1 / 3), 7.787 * xyz + 16 / 116)
    return torch.stack([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def box_targets(pixels, boxes, original):
    """Per image box masks [n, h, w] and colour similarity [n, 8, h, w], from BGR bytes [N, 3, H, W]."""
    height, width = pixels.shape[2:]
    valid = torch.ones(height, width)
    removed = int(10 * height / original)
    if removed > 0:
        valid[height - removed:] = 0
    coarse = F.avg_pool2d(pixels.float(), 4)[:, [2, 1, 0]].byte().float()
    masks, similarities = [], []
    for image, truth in zip(coarse, boxes):
        colours = lab(image)[None]
        difference = colours[:, :, None] - unfold_neighbours(colours)
        similarity = torch.exp(-torch.norm(difference, dim=1) * 0.5) * unfold_neighbours(valid[2::4, 2::4][None, None])[:, 0]
        full = []
        for x1, y1, x2, y2 in truth.tolist():
            mask = torch.zeros(height, width)
            mask[int(y1):int(y2 + 1), int(x1):int(x2 + 1)] = 1
            full.append(mask[2::4, 2::4])
        masks.append(torch.stack(full))
        similarities.append(torch.cat([similarity for _ in full]))
    return masks, similarities, valid


def mask_affinity(masks, valid):
    smooth = (F.avg_pool2d(masks[:, None], 3, 1, 1) + masks[:, None]) / 2
    around = unfold_neighbours(smooth)
    affinity = (smooth[:, :, None] * around + (1 - smooth[:, :, None]) * (1 - around))[:, 0]
    return affinity * unfold_neighbours(valid[2::4, 2::4][None, None])[:, 0]


def fcos_targets(maps, boxes, classes, background):
    """Labels, distances in strides and box index of every location, level after level: [L_total over levels and images]."""
    places = places_of_levels(maps)
    counts = [len(p) for p in places]
    points = torch.cat(places)
    strides = torch.cat([torch.full((n,), float(s)) for n, s in zip(counts, STRIDES)])
    ranges = torch.cat([torch.tensor([r]).expand(n, 2) for n, r in zip(counts, RANGES)])
    labels, distances, owners, first = [], [], [], 0
    for truth, kind in zip(boxes, classes):
        x, y = points[:, 0, None], points[:, 1, None]
        ltrb = torch.stack([x - truth[None, :, 0], y - truth[None, :, 1], truth[None, :, 2] - x, truth[None, :, 3] - y], 2)
        centre = (truth[:, :2] + truth[:, 2:]) / 2
        reach = strides[:, None, None] * 1.5
        low = torch.maximum(centre[None] - reach, truth[None, :, :2])
        high = torch.minimum(centre[None] + reach, truth[None, :, 2:])
        at = points[:, None]
        inside = torch.cat([at - low, high - at], 2).min(2).values > 0
        longest = ltrb.max(2).values
        cared = (longest >= ranges[:, :1]) & (longest <= ranges[:, 1:])
        area = ((truth[:, 2] - truth[:, 0]) * (truth[:, 3] - truth[:, 1]))[None].repeat(len(points), 1)
        area[~inside] = 1e8
        area[~cared] = 1e8
        smallest, owner = area.min(1)
        label = kind[owner].clone()
        label[smallest == 1e8] = background
        labels.append(label)
        distances.append(ltrb[torch.arange(len(points)), owner] / strides[:, None])
        owners.append(owner + first)
        first += len(truth)

    def level_first(per_image):
        return torch.cat([torch.cat(level) for level in zip(*[x.split(counts) for x in per_image])])
    return level_first(labels), level_first(distances), level_first(owners), counts


def dice(x, target):
    x, target = x.reshape(len(x), -1), target.reshape(len(target), -1)
    return 1 - 2 * (x * target).sum(1) / ((x ** 2).sum(1) + (target ** 2).sum(1) + 1e-5)


def pairwise_term(logits):
    """-log of the probability that a pixel and each neighbour lie on the same side, in log space: [N, 8, h, w]."""
    inside, outside = F.logsigmoid(logits), F.logsigmoid(-logits)
    same_in = inside[:, :, None] + unfold_neighbours(inside)
    same_out = outside[:, :, None] + unfold_neighbours(outside)
    largest = torch.max(same_in, same_out)
    same = torch.log(torch.exp(same_in - largest) + torch.exp(same_out - largest)) + largest
    return -same[:, 0]


def select_instances(positive, owners, images, quality):
    """Rows of the positives that get a mask: per image 64, shared by its boxes, the best of each; ordered by image and box."""
    rows = []
    for image in images[positive].unique():
        mine = (images[positive] == image).nonzero()[:, 0]
        boxes = owners[positive][mine].unique()
        quota = max(int(64 / len(boxes)), 1)
        for box in boxes:
            of_box = mine[owners[positive][mine] == box]
            if len(of_box) > quota:
                of_box = of_box[quality[of_box].topk(quota).indices]
            rows.append(of_box)
    return torch.cat(rows)


def student_losses(model, features, outputs, boxes, classes, box_masks, similarities, pseudo_masks, confidence, affinity):
    logits, distances, centreness, parameters = outputs
    images = logits[0].shape[0]

    def flat(maps):
        return torch.cat([x.permute(0, 2, 3, 1).reshape(-1, x.shape[1]) for x in maps])
    scores, ltrb, centre, numbers = flat(logits), flat(distances), flat(centreness)[:, 0], flat(parameters)
    labels, goals, owners, counts = fcos_targets(logits, boxes, classes, scores.shape[1])
    image_of = torch.cat([torch.arange(images).repeat_interleave(n) for n in counts])
    level_of = torch.cat([torch.full((n * images,), level) for level, n in enumerate(counts)])
    place_of = torch.cat([p.repeat(images, 1) for p in places_of_levels(logits)])
    positive = (labels < scores.shape[1]).nonzero()[:, 0]
    count = max(len(positive), 1)

    target = torch.zeros_like(scores)
    target[positive, labels[positive]] = 1
    p = torch.sigmoid(scores)
    entropy = F.binary_cross_entropy_with_logits(scores, target, reduction="none")
    p_t = p * target + (1 - p) * (1 - target)
    alpha = 0.25 * target + 0.75 * (1 - target)
    losses = {"loss_fcos_cls": (alpha * entropy * (1 - p_t) ** 2).sum() / count}

    goal, guess = goals[positive], ltrb[positive]
    lr, tb = goal[:, [0, 2]], goal[:, [1, 3]]
    central = torch.sqrt(lr.min(1).values / lr.max(1).values * (tb.min(1).values / tb.max(1).values))
    area_g, area_p = ((x[:, 0] + x[:, 2]) * (x[:, 1] + x[:, 3]) for x in (goal, guess))
    low, high = torch.min(goal, guess), torch.max(goal, guess)
    inter, hull = ((x[:, 0] + x[:, 2]) * (x[:, 1] + x[:, 3]) for x in (low, high))
    union = area_g + area_p - inter
    giou = (inter + 1) / (union + 1) - (hull - union) / hull
    losses["loss_fcos_loc"] = ((1 - giou) * central).sum() / max(central.sum().item(), 1e-6)
    losses["loss_fcos_ctr"] = F.binary_cross_entropy_with_logits(centre[positive], central, reduction="sum") / count

    with torch.no_grad():
        quality = p[positive].max(1).values * centre[positive].sigmoid()
    chosen = positive[select_instances(positive, owners, image_of, quality)]
    box = owners[chosen]
    masks = model.mask_head(features, image_of[chosen], place_of[chosen], level_of[chosen], numbers[chosen])
    soft = masks.sigmoid()
    truth = torch.cat(box_masks)[box][:, None]
    project = sum(dice(soft.max(axis, keepdim=True).values, truth.max(axis, keepdim=True).values) for axis in (2, 3))
    losses["loss_prj"] = project.mean()

    pairs = pairwise_term(masks)
    weights = (torch.cat(similarities)[box] >= 0.3).float() * truth
    losses["loss_pairwise"] = (pairs * weights).sum() / weights.sum().clamp(min=1)
    trust = confidence[box]
    count = (trust > 0).sum().clamp(min=1)
    losses["loss_mask"] = 0.5 * (trust * dice(soft, (pseudo_masks[box] > 0.5).float())).sum() / count
    weights = (affinity[box] >= 0.5).float() * truth
    mean = (pairs * weights).sum((1, 2, 3)) / weights.sum((1, 2, 3)).clamp(min=1)
    losses["loss_mask_affinity"] = 0.1 * (trust * mean).sum() / count
    return losses
