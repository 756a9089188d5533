"""What the three peer benchmarks share: options, the closed loop, latency, CPU and processes.

A peer gives `run_closed_loop` one coroutine function, `action(token)`, which carries one action through
its chain and returns the final token. Everything that is counted is counted here, alike for all peers.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import os
import platform
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version as package_version
from typing import Awaitable, Callable, Optional

# The one JSON object goes to the real standard output; whatever a library prints goes to standard error.
_result_fd: Optional[int] = None


def reserve_stdout() -> None:
    global _result_fd
    if _result_fd is None:
        _result_fd = os.dup(1)
        os.dup2(2, 1)


def print_result(result: dict) -> None:
    data = (json.dumps(result) + "\n").encode()
    while data:
        data = data[os.write(_result_fd if _result_fd is not None else 1, data):]


def options(description: str, extra: Callable[[argparse.ArgumentParser], None] = lambda p: None) -> argparse.Namespace:
    p = argparse.ArgumentParser(description=description.strip().split("\n")[0])
    p.add_argument("--length", type=int, default=1, help="tasks in each action's chain (default 1)")
    p.add_argument("--in-flight", type=int, default=1, help="actions in flight, closed loop (default 1)")
    p.add_argument("--seconds", type=float, default=5.0, help="measured time after the warm-up (default 5)")
    p.add_argument("--warm-up", type=float, default=1.0, help="seconds before measuring (default 1)")
    p.add_argument("--max-seconds", type=float, default=60.0,
                   help="the measured time is extended, to this at most, until as many actions as are in flight "
                        "have finished in it (default 60)")
    p.add_argument("--data-dir", default=None,
                   help="folder in which the temporary data folder is made (default: the system's); "
                        "must not be in memory for the durable peers")
    extra(p)
    p.add_argument("--role", default="caller", choices=["caller", "service"], help=argparse.SUPPRESS)
    p.add_argument("--url", default=None, help=argparse.SUPPRESS)
    o = p.parse_args()
    if o.length < 1 or o.in_flight < 1 or o.seconds <= 0 or o.warm_up < 0:
        p.error("--length and --in-flight must be 1 or more, --seconds above 0, --warm-up 0 or more")
    o.max_seconds = max(o.max_seconds, o.seconds)
    return o


# Processes -----------------------------------------------------------------------------------------------------

def _end_with_parent() -> None:
    """Linux: the child gets SIGTERM when this process dies, however it dies."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
    except Exception:
        pass


class Processes:
    """Starts processes, and ends by id exactly those that it started."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen] = []

    def start(self, command: list[str], **kw) -> subprocess.Popen:
        p = subprocess.Popen(command, preexec_fn=_end_with_parent if sys.platform == "linux" else None, **kw)
        self.started.append(p)
        return p

    def start_service(self, script: str, *arguments: str) -> tuple[subprocess.Popen, str]:
        """Starts `script` as the service. It prints one line when it is ready, and ends when its stdin closes."""
        p = self.start([sys.executable, os.path.abspath(script), "--role", "service", *arguments],
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = p.stdout.readline().decode().strip()
        if not line.startswith("ready"):
            raise RuntimeError("the service process did not start")
        return p, line[len("ready"):].strip()

    def stop_all(self) -> None:
        for p in reversed(self.started):
            if p.stdin is not None:
                try:
                    p.stdin.close()
                except OSError:
                    pass
            if p.poll() is None:
                p.terminate()
        for p in reversed(self.started):
            try:
                p.wait(timeout=10)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
            if p.stdout is not None:
                p.stdout.close()
        self.started.clear()


async def service_until_stdin_closes() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def ready(detail: str = "") -> None:
    print("ready", detail, flush=True)


def terminate_as_exit() -> None:
    """SIGTERM unwinds the stack, so that `finally` stops what was started and removes the data."""
    def handler(signum, frame):
        raise SystemExit(128 + signum)
    signal.signal(signal.SIGTERM, handler)


class DataFolder:
    def __init__(self, parent: Optional[str]) -> None:
        self.parent = parent

    def __enter__(self) -> str:
        self.path = tempfile.mkdtemp(prefix="peer-bench-", dir=self.parent)
        return self.path

    def __exit__(self, *_) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def filesystem_of(path: str) -> Optional[str]:
    """The type of the file system that holds `path` (Linux), so that a result on tmpfs shows as such."""
    try:
        best = ("", None)
        real = os.path.realpath(path)
        with open("/proc/mounts") as f:
            for line in f:
                _, mount, kind = line.split()[:3]
                if (real == mount or real.startswith(mount.rstrip("/") + "/")) and len(mount) >= len(best[0]):
                    best = (mount, kind)
        return best[1]
    except OSError:
        return None


def synced_append_ms(folder: str, count: int = 50) -> float:
    """Median milliseconds of a 100-byte append with fdatasync in `folder`: what this disk costs in this minute."""
    path = os.path.join(folder, "sync-probe")
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    sync = getattr(os, "fdatasync", os.fsync)
    times = []
    try:
        for _ in range(count):
            t = time.perf_counter()
            os.write(fd, b"x" * 100)
            sync(fd)
            times.append(time.perf_counter() - t)
    finally:
        os.close(fd)
        os.unlink(path)
    return round(sorted(times)[count // 2] * 1000, 3)


def wait_for_port(port: int, process: subprocess.Popen, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{process.args[0]} did not listen")


def cpu_of(pid: int) -> Optional[float]:
    """User and system CPU seconds of a process and all its threads, or None where /proc is missing."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None


def own_cpu() -> float:
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime


def versions(*packages: str, **more: Optional[str]) -> dict:
    found = {"python": platform.python_version()}
    for p in packages:
        found[p] = package_version(p)
    found.update({k.replace("_", "-"): v for k, v in more.items() if v is not None})
    return found


# The closed loop -----------------------------------------------------------------------------------------------

async def run_closed_loop(o: argparse.Namespace, action: Callable[[str], Awaitable[str]],
                          cpu: Callable[[], dict]) -> dict:
    """`o.in_flight` lanes, each of which submits its next action when the outcome of its last one is there.

    Counts outcomes that arrive in the measured time; checks every outcome, also those of the warm-up and
    those that arrive after the measured time.
    """
    counted: list[int] = []
    state = {"measuring": False, "stop": False, "errors": 0, "wrong": 0, "outcomes": 0}
    first_errors: list[str] = []
    expected_dots = "." * o.length
    clock = time.perf_counter_ns

    async def lane(number: int) -> None:
        # Started one after the other in the first half of the warm-up: lanes in step would make the count of
        # outcomes in the measured time a matter of luck.
        await asyncio.sleep(o.warm_up / 2 * number / o.in_flight)
        serial = 0
        while not state["stop"]:
            serial += 1
            token = f"{secrets.token_hex(8)}-{number}-{serial}"
            begin = clock()
            try:
                final = await action(token)
            except asyncio.CancelledError:
                raise
            except Exception as e:
                state["errors"] += 1
                if len(first_errors) < 3:
                    first_errors.append(f"{type(e).__name__}: {e}"[:200])
                await asyncio.sleep(0.01)
                continue
            end = clock()
            state["outcomes"] += 1
            if final != token + expected_dots:
                state["wrong"] += 1
            elif state["measuring"]:
                counted.append(end - begin)

    load_before = round(os.getloadavg()[0], 2)
    lanes = [asyncio.create_task(lane(n)) for n in range(o.in_flight)]
    try:
        await asyncio.sleep(o.warm_up)
        cpu_before, begin = cpu(), time.perf_counter()
        state["measuring"] = True
        await asyncio.sleep(o.seconds)
        while len(counted) < o.in_flight and time.perf_counter() - begin < o.max_seconds:
            await asyncio.sleep(0.1)
        state["measuring"], state["stop"] = False, True
        seconds = time.perf_counter() - begin
        cpu_after = cpu()
        _, late = await asyncio.wait(lanes, timeout=o.max_seconds)
        state["errors"] += len(late)
        if late:
            first_errors.append(f"{len(late)} actions without an outcome {o.max_seconds:g} s after the end")
    finally:
        for t in lanes:
            t.cancel()
        results = await asyncio.gather(*lanes, return_exceptions=True)
    for r in results:
        if isinstance(r, Exception):
            state["errors"] += 1
            first_errors.append(repr(r)[:200])

    counted.sort()

    def percentile(p: float) -> Optional[int]:
        if not counted:
            return None
        return round(counted[min(len(counted) - 1, max(0, -int(-len(counted) * p // 100) - 1))] / 1000)

    return {
        "length": o.length,
        "inFlight": o.in_flight,
        "seconds": round(seconds, 3),
        "completed": len(counted),
        "actionsPerSecond": round(len(counted) / seconds, 1),
        "latency": {"p50": percentile(50), "p95": percentile(95), "p99": percentile(99), "max": percentile(100)},
        "errors": state["errors"],
        "wrong": state["wrong"],
        **({"firstErrors": first_errors[:3]} if first_errors else {}),
        "loadAverageBefore": load_before,
        "cpu": {k: None if cpu_before[k] is None or cpu_after[k] is None else round(cpu_after[k] - cpu_before[k], 2)
                for k in cpu_after},
    }


def finish(result: dict) -> None:
    print_result(result)
    sys.exit(1 if result["wrong"] or not result["completed"] else 0)
