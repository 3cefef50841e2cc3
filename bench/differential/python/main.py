"""The FastAPI side of the differential: one application for each feature."""

import asyncio
import importlib
import logging
import pathlib
import socket

import uvicorn

folder = pathlib.Path(__file__).parent
apps = {
    file.stem.encode(): importlib.import_module(file.stem).app
    for file in sorted(folder.glob("*.py"))
    if file.stem != "main"
}


async def choose(scope, receive, send):
    """Hands a request to the application that its header X-App names."""
    await apps[dict(scope["headers"])[b"x-app"]](scope, receive, send)


if __name__ == "__main__":
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)  # before the address is known
    logging.disable()  # failures are what it is for
    print("127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    config = uvicorn.Config(choose, log_level="critical", lifespan="off")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
