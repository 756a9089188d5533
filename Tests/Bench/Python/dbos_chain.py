"""DBOS on SQLite: the same chain as `orra bench`, one durable workflow per action and one step per task.

Each step posts the token over loopback HTTP (kept-alive connections) to a service process, which appends one dot;
workflows are async functions, started with `start_workflow_async` and awaited in the process that DBOS runs in.
DBOS commits the start of the workflow, the output of each step and the outcome to SQLite; SQLite's `synchronous` and
`journal_mode`, as DBOS leaves them, are in the output, and with synchronous FULL each commit is on disk before the
workflow goes on. Unlike Orra, DBOS is a library: caller, engine and journal share one Python process, a task is a call
from a step and no message to a connected service, and each commit is its own transaction without group commit.
`--journal-mode wal` sets SQLite's write-ahead log, which DBOS does not do by itself and which costs fewer fsyncs.
"""

import asyncio
import os
import sqlite3
import threading

from dbos import DBOS

import peer_bench as bench

SYNCHRONOUS = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}


# The service: a minimal HTTP/1.1 server ------------------------------------------------------------------------

async def service() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(content_length(head))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b." % (len(body) + 1, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    bench.ready(str(server.sockets[0].getsockname()[1]))
    await bench.service_until_stdin_closes()
    server.close()


def content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("no Content-Length")


class EchoClient:
    """Kept-alive HTTP connections to the service, one for each call in flight."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.thread = threading.get_ident()

    async def post(self, token: str) -> str:
        assert threading.get_ident() == self.thread  # the connections belong to one event loop
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
        try:
            body = token.encode()
            writer.write(b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(head.split(b"\r\n", 1)[0].decode())
            answer = (await reader.readexactly(content_length(head))).decode()
        except BaseException:
            writer.close()
            raise
        self.idle.append((reader, writer))
        return answer

    def close(self) -> None:
        for _, writer in self.idle:
            writer.close()


# The workflow --------------------------------------------------------------------------------------------------

client: EchoClient


@DBOS.step()
async def task(token: str) -> str:
    return await client.post(token)


@DBOS.workflow()
async def chain(token: str, length: int) -> str:
    for _ in range(length):
        token = await task(token)
    return token


async def caller(o, port: int, service_pid: int) -> dict:
    global client
    client = EchoClient(port)

    async def action(token: str) -> str:
        handle = await DBOS.start_workflow_async(chain, token, o.length)
        return await handle.get_result()

    def cpu() -> dict:
        return {"peer": bench.own_cpu(), "client": bench.cpu_of(service_pid)}

    try:
        return await bench.run_closed_loop(o, action, cpu)
    finally:
        client.close()


def sqlite_facts(engine) -> dict:
    """The pragmas of a connection that DBOS itself opened."""
    with engine.connect() as c:
        return {"synchronous": SYNCHRONOUS[c.exec_driver_sql("PRAGMA synchronous").scalar()],
                "journalMode": c.exec_driver_sql("PRAGMA journal_mode").scalar()}


def main() -> None:
    def more(p) -> None:
        p.add_argument("--journal-mode", default="default", choices=["default", "wal"],
                       help="SQLite's journal mode: as DBOS leaves it, or the write-ahead log")

    o = bench.options(__doc__, more)
    if o.role == "service":
        return asyncio.run(service())
    bench.reserve_stdout()
    bench.terminate_as_exit()
    processes = bench.Processes()
    with bench.DataFolder(o.data_dir) as folder:
        try:
            filesystem, append = bench.filesystem_of(folder), bench.synced_append_ms(folder)
            database = os.path.join(folder, "dbos.sqlite")
            if o.journal_mode == "wal":
                connection = sqlite3.connect(database)  # the file keeps the mode
                connection.execute("PRAGMA journal_mode=WAL")
                connection.close()
            service_process, port = processes.start_service(__file__)
            dbos = DBOS(config={"name": "peer-bench", "system_database_url": f"sqlite:///{database}",
                                "application_version": "peer-bench", "log_level": "ERROR"})
            DBOS.launch()
            try:
                facts = sqlite_facts(dbos._sys_db.engine)
                result = asyncio.run(caller(o, int(port), service_process.pid))
            finally:
                DBOS.destroy(workflow_completion_timeout_sec=0)
        finally:
            processes.stop_all()
    durable = facts["synchronous"] in ("FULL", "EXTRA")
    bench.finish({"peer": "dbos", "mode": "sqlite-wal" if o.journal_mode == "wal" else "sqlite", "durable": durable,
                  **result, "sqlite": facts, "dataFilesystem": filesystem, "syncedAppendMs": append,
                  "versions": bench.versions("dbos", "SQLAlchemy", sqlite=sqlite3.sqlite_version)})


if __name__ == "__main__":
    main()
