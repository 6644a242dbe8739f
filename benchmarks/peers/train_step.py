"""One BoxTeacher training step in plain PyTorch: the peer of BoxTeacher.Benchmarks.Train.

    train_step.py FOLDER        the folder holds case.json and case.safetensors

Reads a question per line (step, convolution, memory) and answers with a line of JSON, as the other side does, so that both
are measured in turns. Times are processor time. The published hook also logs the distance of the two networks at each
step; that is left out here.
"""
import gc
import json
import sys
import time

import torch
import torch.nn.functional as F

from boxteacher_losses import box_targets, mask_affinity, student_losses
from boxteacher_model import CondInst
from boxteacher_teacher import detect, draw_masks, pseudo_labels

DTYPES = {"F32": torch.float32, "I64": torch.int64, "U8": torch.uint8}
MOMENTUM = 0.999


def read_tensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=DTYPES[entry["dtype"]]).view(entry["shape"])
    return tensors


class Step:
    def __init__(self, folder):
        with open(f"{folder}/case.json") as file:
            self.case = json.load(file)
        tensors = read_tensors(f"{folder}/case.safetensors")
        self.student, self.teacher = self.network(tensors, "student."), self.network(tensors, "teacher.")
        for parameter in self.teacher.parameters():
            parameter.requires_grad = False
        groups = [{"params": [p]} for p in self.student.parameters() if p.requires_grad]
        self.optimizer = torch.optim.SGD(groups, lr=1e-5, momentum=0.9, weight_decay=1e-4)
        self.weak, self.strong = tensors["batch.weak"], tensors["batch.strong"]
        count = range(len(self.weak))
        self.boxes = [tensors[f"batch.boxes.{i}"] for i in count]
        self.classes = [tensors[f"batch.classes.{i}"] for i in count]

    def network(self, tensors, prefix):
        model = CondInst(self.case)
        state = {name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}
        model.load_state_dict(state)
        return model.train()

    @staticmethod
    def normalise(pixels):
        return pixels.float() - torch.tensor([103.53, 116.28, 123.675]).view(1, 3, 1, 1)

    def run(self):
        self.parts, self.last = {}, time.process_time()
        self.move_teacher()
        self.done("EMA")
        size = self.weak.shape[2]
        box_masks, similarities, valid = box_targets(self.weak, self.boxes, 2 * size)
        self.done("targets")
        masks, confidence = self.label(box_masks, size)
        affinity = mask_affinity(masks, valid)
        self.done("pseudo-labels")
        features, outputs = self.student(self.normalise(self.strong))
        self.done("student")
        losses = student_losses(self.student, features, outputs, self.boxes, self.classes, box_masks, similarities, masks, confidence, affinity)
        total = sum(losses.values())
        self.done("losses")
        self.optimizer.zero_grad()
        total.backward()
        self.done("backward")
        self.optimizer.step()
        self.done("SGD")
        return {"parts": self.parts, "losses": {name: float(value.detach()) for name, value in losses.items()}}

    @torch.no_grad()
    def move_teacher(self):
        for own, student in zip(self.teacher.parameters(), self.student.parameters()):
            own.mul_(MOMENTUM).add_(student, alpha=1 - MOMENTUM)

    @torch.no_grad()
    def label(self, box_masks, size):
        seen = self.case["teacherSize"]["shortSide"]
        images = F.interpolate(self.normalise(self.weak), size=(seen, seen), mode="bilinear", align_corners=False)
        padded = (seen + 31) // 32 * 32
        features, outputs = self.teacher(F.pad(images, (0, padded - seen, 0, padded - seen)))
        self.done("teacher")
        detections = draw_masks(self.teacher, features, detect(outputs), seen, size)
        return pseudo_labels(detections, self.boxes, box_masks, size, size)

    def done(self, part):
        now = time.process_time()
        self.parts[part] = self.parts.get(part, 0) + (now - self.last) * 1000
        self.last = now


@torch.no_grad()
def gigaflops(repeats=20):
    images, kernel = torch.rand(2, 64, 80, 80), torch.rand(64, 64, 3, 3)
    F.conv2d(images, kernel, padding=1)
    start = time.process_time()
    for _ in range(repeats):
        F.conv2d(images, kernel, padding=1)
    return repeats * 2 * 2 * 64 * 64 * 9 * 80 * 80 / 1e9 / (time.process_time() - start)


def peak_kilobytes():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


if __name__ == "__main__":
    step = Step(sys.argv[1])
    gc.collect()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # Peak memory begins anew here.
    questions = {"step": step.run, "convolution": gigaflops, "memory": peak_kilobytes}
    print(json.dumps(torch.__version__), flush=True)
    for line in sys.stdin:
        print(json.dumps(questions[line.strip()]()), flush=True)
