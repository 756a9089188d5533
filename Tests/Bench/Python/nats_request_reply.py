"""NATS core request-reply: the same chain as `orra bench`, without any durability.

The caller sends a token to a service process through nats-server as a request, gets it back with one dot more,
and does so `--length` times in a row; one connection carries all actions in flight. Nothing is durable: no
message, result or outcome is ever written down, and a crash of the caller, the service or the server loses the
action. Unlike Orra, there is no plan, no journal, no retry and no dedup: the caller itself moves the chain on, and
the payload is the bare token, not a JSON envelope. So this is the floor for a broker between two processes, with
Python at both ends, and Python often needs more CPU than the server (see "cpu").
"""

import asyncio
import os
import sys

import nats

import peer_bench as bench
import nats_server

SUBJECT = "task.echo"


async def service(url: str) -> None:
    nc = await nats.connect(url)

    async def echo(message) -> None:
        await message.respond(message.data + b".")

    # A queue group is how NATS spreads requests over the replicas of a service. No limit on what waits in the client.
    await nc.subscribe(SUBJECT, queue="services", cb=echo, pending_msgs_limit=0, pending_bytes_limit=0)
    await nc.flush()
    bench.ready()
    await bench.service_until_stdin_closes()
    await nc.drain()


async def caller(o, server: nats_server.Server, service_pid: int) -> dict:
    nc = await nats.connect(server.url)

    async def action(token: str) -> str:
        data = token.encode()
        for _ in range(o.length):
            data = (await nc.request(SUBJECT, data, timeout=30)).data
        return data.decode()

    def cpu() -> dict:
        own, other = bench.own_cpu(), bench.cpu_of(service_pid)
        return {"peer": bench.cpu_of(server.process.pid), "client": None if other is None else own + other,
                "caller": own, "service": other}

    try:
        return await bench.run_closed_loop(o, action, cpu)
    finally:
        await nc.close()


def main() -> None:
    o = bench.options(__doc__, nats_server.add_options)
    if o.role == "service":
        return asyncio.run(service(o.url))
    bench.reserve_stdout()
    bench.terminate_as_exit()
    processes = bench.Processes()
    with bench.DataFolder(o.data_dir) as folder:
        try:
            server = nats_server.start(processes, o.server, folder)
            service_process, _ = processes.start_service(__file__, "--url", server.url)
            result = asyncio.run(caller(o, server, service_process.pid))
        finally:
            processes.stop_all()
    bench.finish({"peer": "nats", "mode": "request-reply", "durable": False, **result,
                  "versions": bench.versions("nats-py", nats_server=server.version)})


if __name__ == "__main__":
    main()
