"""The teacher's side of a BoxTeacher step in plain PyTorch: detections, masks, pseudo masks."""
import numpy as np
import torch
import torch.nn.functional as F

from boxteacher_model import STRIDES, aligned_bilinear, places_of_levels


def nms(boxes, scores, classes, threshold, limit):
    """The best boxes after class-wise suppression, limit and ties with the last one.

    The published code calls a compiled suppression of all boxes and cuts afterwards; this one works on rows of numpy and
    stops at the limit.
    """
    order = torch.argsort(scores, descending=True).numpy()
    shifted = (boxes + classes[:, None].float() * (boxes.max() + 1)).numpy()[order]
    ranked = scores.numpy()[order]
    area = (shifted[:, 2] - shifted[:, 0]) * (shifted[:, 3] - shifted[:, 1])
    gone = np.zeros(len(order), dtype=bool)
    kept = []
    for i in range(len(order)):
        if gone[i]:
            continue
        if len(kept) >= limit and ranked[i] < ranked[kept[limit - 1]]:
            break
        kept.append(i)
        x1, y1, x2, y2 = shifted[i]
        width = np.minimum(shifted[i:, 2], x2) - np.maximum(shifted[i:, 0], x1)
        height = np.minimum(shifted[i:, 3], y2) - np.maximum(shifted[i:, 1], y1)
        inter = width.clip(0) * height.clip(0)
        gone[i:] |= inter > threshold * (area[i:] + area[i] - inter)
    return torch.from_numpy(order[kept])


def detect(outputs):
    """Per image a dictionary of boxes, fcos scores, places, levels and mask parameters, best first."""
    logits, distances, centreness, parameters = outputs
    images = logits[0].shape[0]
    found = [[] for _ in range(images)]
    for level, places in enumerate(places_of_levels(logits)):
        def flat(x):
            return x.permute(0, 2, 3, 1).reshape(images, -1, x.shape[1])
        scores = flat(logits[level]).sigmoid() * flat(centreness[level]).sigmoid()
        reach, numbers = flat(distances[level]) * STRIDES[level], flat(parameters[level])
        above = scores > 0.05
        for i in range(images):
            value = scores[i][above[i]]
            where, label = above[i].nonzero().unbind(1)
            if len(value) > 1000:
                value, best = value.topk(1000, sorted=False)
                where, label = where[best], label[best]
            at, ltrb = places[where], reach[i][where]
            boxes = torch.cat([at - ltrb[:, :2], at + ltrb[:, 2:]], 1)
            found[i].append((boxes, value.sqrt(), label, at, torch.full_like(label, level), numbers[i][where]))
    result = []
    for parts in found:
        boxes, scores, labels, places, levels, numbers = (torch.cat(column) for column in zip(*parts))
        kept = nms(boxes, scores, labels, 0.6, 100)
        result.append(dict(boxes=boxes[kept], scores=scores[kept], places=places[kept], levels=levels[kept], numbers=numbers[kept]))
    return result


def draw_masks(model, features, detections, seen, size):
    """Adds boxes, binary masks [n, H, W], detection scores and confidences in the weak view's pixels."""
    images = torch.cat([torch.full((len(d["scores"]),), i) for i, d in enumerate(detections)])
    places, levels, numbers = (torch.cat([d[k] for d in detections]) for k in ("places", "levels", "numbers"))
    soft = model.mask_head(features, images, places, levels, numbers).sigmoid()
    for found, masks in zip(detections, soft.split([len(d["scores"]) for d in detections])):
        scale = size / seen
        found["boxes"] = (found["boxes"] * scale).clamp(0, size)
        sides = found["boxes"][:, 2:] - found["boxes"][:, :2]
        kept = (sides > 0).all(1)
        full = aligned_bilinear(masks, 4)[:, :, :seen, :seen]
        full = F.interpolate(full, size=(size, size), mode="bilinear", align_corners=False)[:, 0][kept]
        binary = (full > 0.5).float()
        quality = (full * binary).sum((1, 2)) / (binary.sum((1, 2)) + 1e-6)
        found["boxes"], scores = found["boxes"][kept], found["scores"][kept]
        found["masks"] = full > 0.5
        found["rank"] = (scores * quality).sqrt()
        found["confidence"] = (scores.sqrt() * quality).sqrt()
    return detections


def box_iou(a, b):
    area_a, area_b = ((x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b))
    low, high = torch.maximum(a[:, None, :2], b[None, :, :2]), torch.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = (high - low).clamp(min=0).prod(2)
    return inter / (area_a[:, None] + area_b[None] - inter)


def assign(found, boxes):
    """For each true box the row of its prediction or -1; a box held by row 0 still counts as free, as published."""
    iou = box_iou(found["boxes"], boxes).tolist()
    holder = [-1] * len(boxes)
    for row in torch.argsort(found["rank"], descending=True).tolist():
        best, overlap = -1, 0.5
        for box, value in enumerate(iou[row]):
            if holder[box] <= 0 and value >= overlap:
                best, overlap = box, value
        if best >= 0:
            holder[best] = row
    return holder


def pseudo_labels(detections, boxes, box_masks, height, width):
    """Pseudo masks [G, h, w] on the mask grid and their confidences [G]."""
    masks, confidence = [], []
    for found, truth, bitmasks in zip(detections, boxes, box_masks):
        for box, row in enumerate(assign(found, truth)):
            full = torch.zeros(height, width)
            if row >= 0:
                m = found["masks"][row]
                full[:m.shape[0], :m.shape[1]] = m.float()
            masks.append(full[2::4, 2::4] * bitmasks[box])
            confidence.append(found["confidence"][row] if row >= 0 else torch.zeros(()))
    return torch.stack(masks), torch.stack(confidence)
