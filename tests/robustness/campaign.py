"""The side of a campaign that watches: starts children, notices hangs and crashes, adds up what they tell."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import IO, Any

TESTS = Path(__file__).parents[1]
START_S = 120.0
"""What a child may take until its first seed: imports and corpora."""
MOST_EXAMPLES = 60


def kind_named(name: str) -> Any:
    """Return the module of a kind: one of `kinds/`, or one that can be imported under its name."""
    own = (TESTS / "robustness" / "kinds" / f"{name}.py").exists()
    return import_module(f"robustness.kinds.{name}" if own else name)


class Tally:
    """The counts of one kind, kept in a JSON file that campaigns of other kinds may write at the same time."""

    def __init__(self, place: Path, kind: str) -> None:
        self._place, self._kind = place, kind
        place.parent.mkdir(parents=True, exist_ok=True)

    def read(self) -> dict[str, Any]:
        """Return what is known so far."""
        everything = json.loads(self._place.read_text()) if self._place.exists() else {}
        empty = {
            "next_seed": 0,
            "done": 0,
            "seconds": 0.0,
            "peak_mb": 0,
            "labels": {},
            "faults": {},
            "examples": [],
        }
        found: dict[str, Any] = everything.get(self._kind, empty)
        return found

    def add(self, done: int, seconds: float, lines: list[dict[str, Any]]) -> dict[str, Any]:
        """Add what a child told about *done* seeds and return the sum."""
        with self._place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            tally = self.read()
            tally["next_seed"] += done
            tally["done"] += done
            tally["seconds"] = round(tally["seconds"] + seconds, 1)
            for line in lines:
                _add_line(tally, line)
            everything = json.loads(self._place.read_text()) if self._place.exists() else {}
            everything[self._kind] = tally
            fresh = self._place.with_suffix(".new")
            fresh.write_text(json.dumps(everything, indent=1))
            fresh.replace(self._place)
        return tally


def _add_line(tally: dict[str, Any], line: dict[str, Any]) -> None:
    if "fault" in line:
        tally["faults"][line["fault"]] = tally["faults"].get(line["fault"], 0) + 1
        if tally["faults"][line["fault"]] <= 5 and len(tally["examples"]) < MOST_EXAMPLES:
            tally["examples"].append(line)
        return
    tally["peak_mb"] = max(tally["peak_mb"], line["peak_mb"])
    for label, count in line["labels"].items():
        tally["labels"][label] = tally["labels"].get(label, 0) + count


class _OwnTime:
    """The time that a process has had: as it passes while it waits, and what it computed while it runs.

    So a process that a busy machine lets wait for its turn does not look as if it hung.
    """

    def __init__(self, pid: int) -> None:
        self._stat = Path(f"/proc/{pid}/stat")
        self._clock, self._cpu = time.monotonic(), 0.0

    def passed(self) -> float:
        """Return the seconds since this was last asked."""
        try:
            fields = self._stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return 0.0
        clock, cpu = time.monotonic(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        seconds = cpu - self._cpu if fields[0] == "R" else clock - self._clock
        self._clock, self._cpu = clock, cpu
        return seconds


class Child:
    """One child process on a range of seeds, and how it ended."""

    def __init__(self, kind: str, first: int, count: int) -> None:
        self.first, self.count = first, count
        self.lines: list[dict[str, Any]] = []
        self._module: Any = kind_named(kind)
        self._folder = tempfile.TemporaryDirectory(prefix=f"robustness-{kind}-")
        self._errors = Path(self._folder.name) / "stderr"
        code = f"import sys; from pathlib import Path; sys.path.insert(0, {str(TESTS)!r})\n"
        code += "from robustness.child import work\n"
        code += f"work({kind!r}, {first}, {count}, Path({self._folder.name!r}))"
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code], stdout=subprocess.PIPE, stderr=errors
            )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                self.lines.append(json.loads(line))

    def seed(self) -> int:
        """Return the seed at work; one before the first while there is none."""
        progress = Path(self._folder.name) / "seed"
        text = progress.read_bytes() if progress.exists() else b""
        return int(text) if text else self.first - 1

    def watch(self) -> int:
        """Wait for the end, or for a hang, and return how many seeds are done; faults go to `lines`."""
        seed, took_s = self.first - 1, 0.0
        clock = _OwnTime(self._process.pid)
        while self._process.poll() is None:
            time.sleep(0.1)
            took_s += clock.passed()
            if (now := self.seed()) != seed:
                seed, took_s = now, 0.0
            if took_s > (self._module.SECONDS if seed >= self.first else START_S):
                return self._stop("hang", seed)
        self._reader.join(10)
        if self._process.returncode != 0:
            ended = self._process.returncode
            word = signal.Signals(-ended).name if ended < 0 else f"status {ended}"
            return self._stop(f"crash {word}", self.seed())
        self._judge_memory()
        self._folder.cleanup()
        return self.count

    def _stop(self, fault: str, seed: int) -> int:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGABRT)  # faulthandler tells where every thread is
            time.sleep(1.0)
            self._process.kill()
        self._process.wait()
        self._reader.join(10)
        stacks = self._errors.read_text(errors="replace")[-3500:]
        if fault.startswith("crash") and _in_onnx_runtime(stacks):
            fault += " in ONNX Runtime"
        self.lines.append({"fault": fault, "seed": seed, "detail": stacks})
        self._judge_memory()
        self._folder.cleanup()
        if seed < self.first:
            raise RuntimeError(f"a child of the campaign never began: {stacks}")
        return seed - self.first + 1

    def _judge_memory(self) -> None:
        peak = max((line["peak_mb"] for line in self.lines if "peak_mb" in line), default=0)
        if peak > self._module.PEAK_MB:
            detail = f"{peak} MB, somewhere in {self.count} seeds from {self.first}"
            self.lines.append({"fault": "memory", "seed": self.first, "detail": detail})


def _in_onnx_runtime(stacks: str) -> bool:
    """Whether the thread that crashed was inside of ONNX Runtime's own code."""
    frames = [line for line in stacks.partition("Current thread")[2].splitlines() if "File" in line]
    return bool(frames) and "onnxruntime" in frames[0]


def run(kind: str, place: Path, count: int, *, batch: int, first: int | None = None) -> dict[str, Any]:
    """Check *count* more seeds of *kind* and return the sum; *place* says where the last run ended."""
    tally = Tally(place, kind)
    seed = tally.read()["next_seed"] if first is None else first
    end = seed + count
    while seed < end:
        began = time.monotonic()
        child = Child(kind, seed, min(batch, end - seed))
        done = child.watch()
        seed += done
        total = tally.add(done, time.monotonic() - began, child.lines)
        print(f"{kind}: {total['done']} done, faults {total['faults']}, peak {total['peak_mb']} MB", flush=True)
    return tally.read()
