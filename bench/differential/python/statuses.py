"""Statuses that the handler chooses."""

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


known = {"old"}


@app.put("/items/{id}", response_model=Item, responses={201: {"model": Item}})
def put(id: str, item: Item, response: Response):
    if id not in known:
        response.status_code = 201
        response.headers["Location"] = f"/items/{id}"
    return item


@app.get("/cached", response_model=Item, responses={304: {}})
def cached(response: Response, v: str = ""):
    if v == "1":
        return Response(status_code=304, headers={"X-Own": "1"})
    response.headers["X-Own"] = "1"
    return Item(name="a")


@app.post("/jobs", status_code=202)
def jobs(response: Response):
    response.headers["Location"] = "/jobs/1"
    return {"v": "later"}


@app.post("/login", status_code=303)
def login(): return RedirectResponse("/home", 303)


@app.get("/old", status_code=308)
def old(): return RedirectResponse("/new", 308)


class Kept(BaseModel):
    v: str


@app.delete("/items/{id}", status_code=204, responses={200: {"model": Kept}})
def delete(id: str, response: Response):
    if id == "old":
        response.status_code = 200
        return {"v": "kept a copy"}
