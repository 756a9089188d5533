"""Starts nats-server on a free loopback port, for the two NATS benchmarks."""

from __future__ import annotations

import array
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field

import peer_bench as bench


def add_options(p) -> None:
    p.add_argument("--server", default=shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin"),
                   help="the nats-server to start (default: the one on PATH)")


@dataclass
class Server:
    process: subprocess.Popen
    url: str
    version: str
    facts: dict = field(default_factory=dict)


def version_of(binary: str) -> str:
    text = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"v?(\d+\.\d+\.\d+\S*)", text).group(1)


def accepts(binary: str, folder: str, config: str) -> bool:
    path = os.path.join(folder, "probe.conf")
    with open(path, "w") as f:
        f.write(config)
    return subprocess.run([binary, "-c", path, "-t"], capture_output=True).returncode == 0


def write_synchronously(folder: str) -> bool:
    """Sets the file attribute S (as `chattr +S`): each write in this folder, and in what is made in it, is on disk
    before it returns. ext4 and some others have it."""
    if sys.platform != "linux":
        return False
    import fcntl
    get_flags, set_flags, sync_flag = 0x80086601, 0x40086602, 0x8
    fd = os.open(folder, os.O_RDONLY)
    try:
        flags = array.array("L", [0])
        fcntl.ioctl(fd, get_flags, flags, True)
        flags[0] |= sync_flag
        fcntl.ioctl(fd, set_flags, flags, True)
        fcntl.ioctl(fd, get_flags, flags, True)
        return bool(flags[0] & sync_flag)
    except OSError:
        return False
    finally:
        os.close(fd)


def start(processes: bench.Processes, binary: str | None, folder: str, jetstream_sync: str | None = None) -> Server:
    """`jetstream_sync`: None without JetStream, else "auto", "always", "files" or "server" (see nats_jetstream.py)."""
    if not binary:
        raise SystemExit("nats-server is not on PATH: install it (Debian: apt-get install nats-server) or give --server")
    facts: dict = {}
    config = "host: 127.0.0.1\nport: -1\n" + f'ports_file_dir: "{folder}"\n'
    if jetstream_sync is not None:
        store = os.path.join(folder, "jetstream")
        os.mkdir(store)
        always = f'jetstream {{ store_dir: "{store}", sync_interval: always }}\n'
        plain = f'jetstream {{ store_dir: "{store}" }}\n'
        supported = accepts(binary, folder, config + always)
        facts = {"syncIntervalAlwaysSupported": supported, "sync": "server-default"}
        if jetstream_sync in ("auto", "always") and supported:
            facts["sync"] = "sync_interval: always"
        elif jetstream_sync == "always":
            raise SystemExit("this nats-server does not know sync_interval (2.10 or newer does)")
        elif jetstream_sync in ("auto", "files") and write_synchronously(store):
            facts["sync"] = "synchronous file attribute (chattr +S)"
        elif jetstream_sync == "files":
            raise SystemExit("the file system does not have the synchronous file attribute")
        config += always if facts["sync"] == "sync_interval: always" else plain
        facts["store"] = store
    path = os.path.join(folder, "nats-server.conf")
    with open(path, "w") as f:
        f.write(config)
    log = os.path.join(folder, "nats-server.log")
    process = processes.start([binary, "-c", path, "-l", log], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    ports = os.path.join(folder, f"{os.path.basename(binary)}_{process.pid}.ports")
    end = time.monotonic() + 15
    while True:
        if process.poll() is not None or time.monotonic() > end:
            tail = open(log).read()[-2000:] if os.path.exists(log) else ""
            raise SystemExit(f"nats-server did not start: {tail}")
        if os.path.exists(ports):
            found = re.search(r"nats://[\d.]+:(\d+)", open(ports).read())
            if found:
                break
        time.sleep(0.02)
    port = int(found.group(1))
    bench.wait_for_port(port, process)
    return Server(process, f"nats://127.0.0.1:{port}", version_of(binary), facts)
