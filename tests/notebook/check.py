"""Compares the outputs of an executed notebook with what its cells expect.

    python3 check.py EXECUTED.ipynb

A code cell's metadata holds "expect": a list of "KIND: REGEX". KIND is a mime type, stdout, stderr, error
("ename: evalue") or traceback. Every expectation has to be met by an output of its cell, and a cell without an
expected error must not have one.
"""
import json
import re
import sys


def joined(value):
    return "".join(value) if isinstance(value, list) else value


def found(cell):
    for output in cell["outputs"]:
        kind = output["output_type"]
        if kind == "stream":
            yield output["name"], joined(output["text"])
        elif kind == "error":
            yield "error", f"{output['ename']}: {output['evalue']}"
            yield "traceback", "\n".join(output["traceback"])
        else:
            for mime, value in output["data"].items():
                yield mime, joined(value)


def problems(cell):
    outputs = list(found(cell))
    expected = [line.split(": ", 1) for line in cell["metadata"].get("expect", [])]
    for kind, pattern in expected:
        if not any(k == kind and re.search(pattern, v) for k, v in outputs):
            yield f"no {kind} matches {pattern!r}; there is {outputs!r:.600}"
    if not any(kind == "error" for kind, _ in expected):
        yield from (f"unexpected error {v}" for k, v in outputs if k == "error")


def main(file):
    with open(file, encoding="utf-8") as source:
        cells = [c for c in json.load(source)["cells"] if c["cell_type"] == "code"]
    failures = 0
    for number, cell in enumerate(cells, 1):
        for problem in problems(cell):
            failures += 1
            print(f"{file}, code cell {number}: {problem}", file=sys.stderr)
    print(f"{file}: {len(cells)} cells, {failures} problems")
    return 1 if failures or not cells else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
