"""NATS JetStream: the same chain as `orra bench`, with every task and every result in a file-backed stream.

An action is submitted by a publish to the work-queue stream TASKS; the service publishes its result to the
work-queue stream RESULTS before it acks the task; an orchestrator in the caller's process publishes the next task
before it acks the result, and acks the last result with a confirmed ack (`ack_sync`) before the action counts as done.
Every publish is confirmed by the server, so each task and each result is stored before what caused it is acked;
whether "stored" means on disk depends on "sync" in the output: `sync_interval: always` (nats-server 2.10 or newer) and
`files` (the store has the synchronous file attribute, for older servers) survive a loss of power; with `server` (the
server's default, one fsync in two minutes) acknowledged messages survive a crash of nats-server but not of the machine.
Unlike Orra, a hop is two stored messages instead of one commit, there is no group commit of the waiting writes, the
chain is known only to the orchestrator's memory (a new one could not go on by itself), and duplicates after a
redelivery are dropped by the orchestrator, not by message ids.
"""

import asyncio

import nats
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StorageType, StreamConfig

import peer_bench as bench
import nats_server

TASKS, RESULTS = "task.echo", "result.echo"
PUBLISH_TIMEOUT = 60


async def consume(js, subject: str, stream: str, name: str, in_flight: int, handle) -> None:
    """A durable push consumer in a deliver group, explicit acks, each message handled in a task of its own."""
    running: set[asyncio.Task] = set()

    async def callback(message) -> None:
        task = asyncio.create_task(handle(message))
        running.add(task)
        task.add_done_callback(running.discard)

    await js.subscribe(subject, queue=name, stream=stream, cb=callback, manual_ack=True,
                       pending_msgs_limit=0, pending_bytes_limit=0,
                       config=ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, ack_wait=120,
                                             max_ack_pending=max(1000, 2 * in_flight)))


async def service(url: str, in_flight: int) -> None:
    nc = await nats.connect(url)
    js = nc.jetstream(timeout=PUBLISH_TIMEOUT, publish_async_max_pending=max(4000, 2 * in_flight))

    async def handle(task) -> None:
        # "<id> <step> <token>" -> the same with the token's answer; the result is stored before the task is acked.
        await js.publish(RESULTS, task.data + b".")
        await task.ack()

    await consume(js, TASKS, "TASKS", "services", in_flight, handle)
    await nc.flush()
    bench.ready()
    await bench.service_until_stdin_closes()
    await nc.close()


async def caller(o, server: nats_server.Server, start_service) -> dict:
    nc = await nats.connect(server.url)
    js = nc.jetstream(timeout=PUBLISH_TIMEOUT, publish_async_max_pending=max(4000, 2 * o.in_flight))
    for name, subject in (("TASKS", TASKS), ("RESULTS", RESULTS)):
        await js.add_stream(StreamConfig(name=name, subjects=[subject], storage=StorageType.FILE,
                                         retention=RetentionPolicy.WORK_QUEUE, num_replicas=1))
    live: dict[bytes, list] = {}  # id -> [the step whose result is due, the future of the outcome]
    counts = {"duplicates": 0}

    async def handle(result) -> None:
        entry = None
        try:
            identity, step_text, data = result.data.split(b" ", 2)
            step, entry = int(step_text), live.get(identity)
            if entry is None or entry[0] != step:
                counts["duplicates"] += 1
                await result.ack()
                return
            if step < o.length:
                entry[0] = step + 1
                await js.publish(TASKS, b"%b %d %b" % (identity, step + 1, data))
                await result.ack()
            else:
                entry[0] = 0
                await result.ack_sync(timeout=PUBLISH_TIMEOUT)
                if not entry[1].done():
                    entry[1].set_result(data)
        except Exception as e:
            if entry is not None and not entry[1].done():
                entry[1].set_exception(e)

    await consume(js, RESULTS, "RESULTS", "orchestrator", o.in_flight, handle)
    service_pid = start_service()

    async def action(token: str) -> str:
        data = token.encode()
        outcome = asyncio.get_running_loop().create_future()
        live[data] = [1, outcome]
        try:
            await js.publish(TASKS, b"%b 1 %b" % (data, data))
            return (await outcome).decode()
        finally:
            del live[data]

    def cpu() -> dict:
        own, other = bench.own_cpu(), bench.cpu_of(service_pid)
        return {"peer": bench.cpu_of(server.process.pid), "client": None if other is None else own + other,
                "caller": own, "service": other}

    try:
        result = await bench.run_closed_loop(o, action, cpu)
        return {**result, **counts}
    finally:
        await nc.close()


def main() -> None:
    def more(p) -> None:
        nats_server.add_options(p)
        p.add_argument("--sync", default="auto", choices=["auto", "always", "files", "server"],
                       help="how stored messages get to the disk: always = sync_interval: always; files = synchronous "
                            "file attribute; server = the server's default; auto = the first of these that works here")

    o = bench.options(__doc__, more)
    if o.role == "service":
        return asyncio.run(service(o.url, o.in_flight))
    bench.reserve_stdout()
    bench.terminate_as_exit()
    processes = bench.Processes()
    with bench.DataFolder(o.data_dir) as folder:
        try:
            filesystem, append = bench.filesystem_of(folder), bench.synced_append_ms(folder)
            server = nats_server.start(processes, o.server, folder, jetstream_sync=o.sync)

            def start_service() -> int:
                return processes.start_service(__file__, "--url", server.url, "--in-flight", str(o.in_flight))[0].pid

            result = asyncio.run(caller(o, server, start_service))
        finally:
            processes.stop_all()
    sync = server.facts["sync"]
    durable = sync != "server-default"
    mode = {"sync_interval: always": "jetstream-sync-always", "server-default": "jetstream-server-default"}
    bench.finish({"peer": "nats", "mode": mode.get(sync, "jetstream-sync-files"), "durable": durable, **result,
                  "sync": sync, "syncIntervalAlwaysSupported": server.facts["syncIntervalAlwaysSupported"],
                  **({} if durable else {"durabilityNote": "acknowledged messages are in the kernel's cache: they survive "
                                         "a crash of nats-server, not of the machine"}),
                  "dataFilesystem": filesystem, "syncedAppendMs": append,
                  "versions": bench.versions("nats-py", nats_server=server.version)})


if __name__ == "__main__":
    main()
