"""Errors of the program's own types."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()


class OutOfStock(Exception):
    def __init__(self, item): self.item = item


class Sleeping(Exception): pass


@app.exception_handler(OutOfStock)
def out_of_stock(request, exc):
    return JSONResponse({"detail": f"no {exc.item} left"}, 409, {"Retry-After": "60"})


class Item(BaseModel):
    name: str


@app.get("/stock/{item}")
def stock(item: str):
    if item == "sword":
        raise OutOfStock(item)
    return {"v": item}


def checked(item: str):
    if item == "sword":
        raise OutOfStock(item)
    return item


@app.get("/checked/{item}")
def in_dependency(item: Annotated[str, Depends(checked)]): return {"v": item}


@app.get("/wrapped")
def wrapped():
    try:
        raise OutOfStock("shield")
    except OutOfStock as e:
        raise e


@app.get("/unknown")
def unknown(): raise Sleeping()


@app.get("/404")
def not_found(): raise HTTPException(404, "Item not found")


@app.post("/items")
def items(item: Item): return item
