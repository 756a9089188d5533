"""What every script here needs: the hub's address and key, and a way to run until the test ends it."""

import asyncio
import os

URL = os.environ["ORRA_URL"]
KEY = os.environ["ORRA_API_KEY"]


def run(*components):
    """Starts each component, and serves until the process is ended."""

    async def serve():
        made = [make() for make in components]
        for component in made:
            await component.start()
        await asyncio.Event().wait()

    asyncio.run(serve())
