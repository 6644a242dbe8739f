"""Drives the installed kernel by Jupyter's protocol, as a notebook server does.

    kernel.py check             what has to hold; ends with 1 at the first thing that does not
    kernel.py measure [ROUNDS]  start, memory, interrupts

Both want JUPYTER_PATH, NOTEBOOK_DATA and a NOTEBOOK_STEPS of 40 or more, as scripts/notebooks.sh sets them.
"""
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from jupyter_client.manager import KernelManager

NOTEBOOKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "notebooks")
STEPS = int(os.environ.get("NOTEBOOK_STEPS", "60"))
TRAINING = """
open BoxTeacher.Workbench
open Plotly.NET
let options = ExperimentOptions.ofNotebook "protocol" 1 1
let train folder =
    Ablation.from "Does it train?" (Recipe.boxTeacher options.Data)
    |> Ablation.variant "BoxTeacher" (Recipe.resized 64 >> Recipe.set "budget.batchSize" "2" >> Recipe.evaluatedEvery 10_000)
    |> Ablation.run { options with Out = folder }
"""


# As docs/kernel.md has it.
OWN_LOOP = """
open System.Threading
open System.Runtime.InteropServices

let untilInterrupted (step: unit -> unit) =
    use stop = new CancellationTokenSource()
    use _ = PosixSignalRegistration.Create(PosixSignal.SIGCONT, fun _ -> stop.Cancel())
    while not stop.IsCancellationRequested do step ()
"""


class Kernel:
    """A running kernel and its client."""

    def __init__(self):
        began = time.monotonic()
        self.manager = KernelManager(kernel_name=".net-fsharp")
        self.manager.start_kernel(cwd=NOTEBOOKS)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        first = self.run("1 + 1")
        self.seconds = time.monotonic() - began
        assert first.shows("text/html", ">2<") and len(first.displays) == 1, first.displays

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def run(self, code, listen=lambda cell: None, timeout=300):
        """Runs a cell to its end; listen hears of it after each output."""
        cell, request = Cell(), self.client.execute(code)
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return cell
            cell.add(message["msg_type"], message["content"])
            listen(cell)

    def good(self, code, listen=lambda cell: None):
        """Runs a cell that has to succeed."""
        cell = self.run(code, listen)
        assert cell.error is None, f"{code}\n{cell.streams}{cell.error}"
        return cell

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()

    def resident(self):
        """Resident memory, MB."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


class Cell:
    """What a cell shows now."""

    def __init__(self):
        self.displays, self.streams, self.error = {}, "", None

    def add(self, kind, content):
        if kind == "stream":
            self.streams += content["text"]
        elif kind == "error":
            self.error = content
        elif kind in ("display_data", "update_display_data", "execute_result"):
            self.displays[content["transient"]["display_id"]] = content["data"]

    def shows(self, mime, pattern):
        return any(re.search(pattern, data.get(mime, ""), re.DOTALL) for data in self.displays.values())

    def step(self):
        """How far the training is that the cell shows."""
        found = [re.search(rf"(\d+)/{STEPS}\b", data.get("text/html", "")) for data in self.displays.values()]
        return max((int(match[1]) for match in found if match), default=0)


def processes(session):
    """What still runs of what a kernel started, itself included; not what has ended and waits for a parent's notice."""
    listed = subprocess.run(["ps", "-o", "stat=,pid=,args=", "--sid", str(session)], capture_output=True, text=True, check=False)
    return [line for line in listed.stdout.splitlines() if not line.startswith("Z")]


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def interrupted(kernel, folder, after):
    """Interrupts a training after a step; the cell, and the seconds until it notices, has stopped, and ends."""
    times = []

    def listen(cell):
        if not times and cell.step() >= after:
            times.append(time.monotonic())
            kernel.manager.interrupt_kernel()
        elif len(times) == 1 and "stopping after the step" in cell.streams:
            times.append(time.monotonic())
        elif len(times) == 2 and cell.shows("text/html", "stopped, with a checkpoint"):
            times.append(time.monotonic())

    cell = kernel.run(f'train @"{folder}"', listen)
    times.append(time.monotonic())
    assert len(times) == 4, f"the training showed no progress while it ran, or did not stop: {cell.displays} {cell.streams}"
    return cell, [moment - times[0] for moment in times[1:]]


def model(folder):
    """The networks that a run in a folder has ended with."""
    run, = os.listdir(os.path.join(folder, "runs"))
    with open(os.path.join(folder, "runs", run, "model.safetensors"), "rb") as file:
        return file.read()


def check_errors(kernel):
    wrong = kernel.run('1 + "a"')
    assert wrong.error and "does not match the type" in wrong.streams
    thrown = kernel.run('let broken: int = invalidOp "broken"')
    assert "broken" in thrown.error["evalue"], thrown.error
    assert kernel.run("2 * 3").shows("text/html", ">6<")


def check_values(kernel):
    kernel.good('#load "refs.fsx"')
    kernel.good(TRAINING)
    table = kernel.good('Table.ofRows "Counts" [ Column.count "n" id ] [ 4217L ]')
    assert table.shows("text/html", "<table.*4217"), table.displays
    tensor = kernel.good("TorchSharp.torch.arange(0.5, 299.0, 1.0).reshape(13L, 23L)")
    assert tensor.shows("text/plain", r"\[13x23\], type = \w+, device = cpu.*0\.5, 1\.5.*298\.5"), tensor.displays
    picture = kernel.good("Picture.grid [ \"a\" ] [ [ BoxTeacher.Structures.Image(4, 4) ] ]")
    assert picture.shows("image/png", "^iVBORw0KGgo"), picture.displays
    chart = kernel.good("Chart.Line(x = [ 1; 2 ], y = [ 3; 4 ])")
    assert chart.shows("text/html", "kernelspecs/boxteacher-fsharp/plotly.min.js"), chart.displays
    assert kernel.good("[ 1; 2; 3 ]").shows("text/html", r"\[ 1, 2, 3 \]")
    refused = kernel.run(
        'Ablation.from "?" (Recipe.boxTeacher options.Data) |> Ablation.variant "a" id '
        '|> Ablation.run { options with Data = DataChoice.PennFudan "/nowhere" }')
    assert "/nowhere" in refused.error["evalue"] and "   at " not in "".join(refused.error["traceback"]), refused.error
    recipe = kernel.good("Recipe.boxTeacher options.Data")
    assert recipe.shows("text/html", "budget"), recipe.displays


def check_interrupts(kernel, folder):
    whole, parts = os.path.join(folder, "whole"), os.path.join(folder, "parts")
    kernel.good(f'train @"{whole}"')
    cell, _ = interrupted(kernel, parts, STEPS // 3)
    assert cell.shows("text/html", "stopped, with a checkpoint") and STEPS // 3 <= cell.step() < STEPS, cell.displays
    assert "the same command goes on" in cell.error["evalue"] and "   at " not in "".join(cell.error["traceback"]), cell.error
    kernel.good(OWN_LOOP)
    kernel.good('untilInterrupted (fun () -> printfn "step"; Thread.Sleep 100)', lambda _: kernel.manager.interrupt_kernel())
    # Between cells, and in cells that do not listen.
    for _ in range(20):
        kernel.manager.interrupt_kernel()
    assert kernel.run("System.Threading.Thread.Sleep 500; 7", lambda _: kernel.manager.interrupt_kernel()).shows("text/html", ">7<")
    gone_on = []
    finished = kernel.good(f'train @"{parts}"', lambda now: gone_on.append(now.step()))
    assert min(step for step in gone_on if step) >= STEPS // 3, gone_on
    assert finished.shows("text/html", "done in")
    assert model(whole) == model(parts), "a training that was interrupted ended with other networks"


def check_web_server(kernel):
    # It would run code for any page of the user's browser.
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    addresses = [line.split()[3] for line in listening.splitlines() if f"pid={kernel.pid}," in line]
    assert addresses and all(address.startswith("127.0.0.1:") for address in addresses), addresses
    answers = set()
    for address in addresses:
        try:
            urllib.request.urlopen(f"http://{address}/discovery", timeout=2)
            answers.add(200)
        except urllib.error.HTTPError as error:
            answers.add(error.code)
        except OSError:
            pass  # Jupyter's own sockets
    assert answers == {400}, answers


def check_ends(kernel):
    # In the midst of a training, and with a browser that draws charts.
    session = kernel.pid
    folder = tempfile.mkdtemp()
    chart = kernel.good("Chart.Line(x = [ 1; 2 ], y = [ 3; 4 ])")
    assert chart.shows("text/html", "data:image/png"), "there is no picture in a chart"
    assert any("chromium" in line for line in processes(session)), processes(session)
    kernel.client.execute(f'train @"{folder}"')
    wait_until(lambda: any(name.startswith("metrics") for _, _, names in os.walk(folder) for name in names), 30)
    kernel.manager.restart_kernel()
    wait_until(lambda: not processes(session), 5)
    kernel.client.wait_for_ready(timeout=60)
    assert kernel.run("1 + 1").shows("text/html", ">2<")
    session = kernel.pid
    kernel.stop()
    wait_until(lambda: not processes(session), 5)
    shutil.rmtree(folder)


def check_orphan():
    # A notebook server that dies takes its kernels along.
    server = subprocess.Popen(
        [sys.executable, "-c", "import kernel, sys, time; k = kernel.Kernel(); print(k.pid, flush=True); time.sleep(600)"],
        cwd=os.path.dirname(os.path.abspath(__file__)), stdout=subprocess.PIPE, text=True)
    session = int(server.stdout.readline())
    assert processes(session)
    server.send_signal(signal.SIGKILL)
    server.wait()
    wait_until(lambda: not processes(session), 15)


def check():
    kernel, folder = Kernel(), tempfile.mkdtemp()
    try:
        for part in (check_errors, check_values, lambda k: check_interrupts(k, folder), check_web_server, check_ends):
            part(kernel)
        check_orphan()
        print("kernel: errors, values, interrupts, web server, restart and shutdown are as they should be")
    finally:
        kernel.manager.shutdown_kernel(now=True)
        shutil.rmtree(folder)


def measure(rounds):
    def median(name, values, unit, digits):
        print(f"{name:44} {statistics.median(values):8.{digits}f} {unit}")

    starts, resident = [], []
    for _ in range(rounds):
        kernel = Kernel()
        starts.append(kernel.seconds)
        resident.append(kernel.resident())
        kernel.stop()
    median("start to first result", starts, "s", 1)
    median("memory after it", resident, "MB", 0)

    def timed(name, code):
        began = time.monotonic()
        kernel.good(code)
        median(name, [time.monotonic() - began], "s", 1)

    kernel = Kernel()
    timed("refs.fsx", '#load "refs.fsx"')
    kernel.good(TRAINING)
    timed("first tensor", "TorchSharp.torch.ones(3L)")
    timed("first chart, with its picture", "Chart.Line(x = [ 1; 2 ], y = [ 3; 4 ])")
    timed("second chart", "Chart.Line(x = [ 1; 2 ], y = [ 4; 3 ])")
    median("memory after them, without the browser", [kernel.resident()], "MB", 0)
    with tempfile.TemporaryDirectory() as folder:
        latencies = [interrupted(kernel, os.path.join(folder, str(number)), 10)[1] for number in range(rounds)]
        kernel.good(f'train @"{folder}/whole"')
    for name, seconds in zip(("its notice", "its checkpoint", "the cell's end"), zip(*latencies)):
        median(f"interrupt of a training, to {name}", [1000 * value for value in seconds], "ms", 0)
    median("memory after trainings", [kernel.resident()], "MB", 0)
    began = time.monotonic()
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=60)
    kernel.good("1 + 1")
    median("restart to first result", [time.monotonic() - began], "s", 1)
    kernel.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        measure(int(sys.argv[2]) if len(sys.argv) > 2 else 5)
    else:
        check()
