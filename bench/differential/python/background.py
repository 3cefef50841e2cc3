"""What runs after the answer."""

import asyncio

from fastapi import BackgroundTasks, FastAPI, HTTPException

app = FastAPI()
log: list[str] = []


@app.get("/log")
async def read_log(n: int):
    """The lines so far, once there are n."""
    for _ in range(200):
        if len(log) >= n:
            break
        await asyncio.sleep(0.01)
    out = sorted(log)
    log.clear()
    return out


@app.post("/one/{word}")
async def one(word: str, tasks: BackgroundTasks):
    tasks.add_task(log.append, word)
    return {"v": word}


@app.post("/two/{word}")
async def two(word: str, tasks: BackgroundTasks):
    tasks.add_task(log.append, word + " first")
    tasks.add_task(log.append, word + " second")
    return {"v": word}


@app.post("/refused")
async def refused(tasks: BackgroundTasks):
    tasks.add_task(log.append, "refused")
    raise HTTPException(400, "No")


def fail(): raise RuntimeError("failed")


@app.post("/fails")
async def fails(tasks: BackgroundTasks):
    tasks.add_task(fail)
    return {"v": "answered"}
