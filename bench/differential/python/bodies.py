"""JSON bodies."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Body, Depends, FastAPI, Path, Query
from pydantic import BaseModel, Field

app = FastAPI()


class Item(BaseModel):
    name: str
    description: str | None = None
    price: float
    tax: float | None = None


@app.post("/items")
def items(item: Item) -> Item: return item


@app.put("/items/{item_id}")
def put_item(item_id: int, item: Item, q: str | None = None):
    return {"item_id": item_id, "q": q, "name": item.name}


@app.post("/optional")
def optional(item: Item | None = None):
    return {"given": item is not None}


class Image(BaseModel):
    url: str
    name: str


class Order(BaseModel):
    id: int
    images: list[Image]
    main: Image
    tags: list[str]
    ratings: dict[str, int]


@app.post("/nested")
def nested(order: Order): return {"id": order.id, "images": len(order.images)}


class Types(BaseModel):
    i: int | None = None
    f: float | None = None
    s: str | None = None
    b: bool | None = None
    u: UUID | None = None
    t: datetime | None = None
    e: Literal["a", "b"] | None = None
    n: int = 0
    l: list[int] = []
    m: dict[str, int] = {}
    ll: list[list[int]] = []
    any: object = None


@app.post("/types")
def types(body: Types) -> Types: return body


class Bounds(BaseModel):
    age: Annotated[int, Field(ge=18, lt=100)]
    size: Annotated[float, Field(gt=0, le=2.5)]
    name: Annotated[str, Field(min_length=2, max_length=5)]
    code: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    step: Annotated[int, Field(multiple_of=5)]
    tags: Annotated[list[str], Field(min_length=1, max_length=3)]


@app.post("/bounds")
def bounds(body: Bounds): return {"ok": True}


@app.post("/list")
def of_items(items: list[Item]): return {"n": len(items)}


@app.post("/ints")
def ints(body: list[int]): return {"n": len(body)}


@app.post("/map")
def weights(weights: dict[str, float]): return weights


@app.post("/int")
def single(v: Annotated[int, Body()]): return {"v": v}


@app.post("/str")
def text(v: Annotated[str, Body()]): return {"v": v}


@app.post("/any")
def anything(v: Annotated[object, Body()]): return {"v": v}


def page(limit: Annotated[int, Query(le=10)] = 5): return limit


@app.post("/mixed/{p}")
def mixed(p: Annotated[int, Path(ge=1)], item: Item, limit: Annotated[int, Depends(page)], q: int):
    return {"p": p, "limit": limit, "q": q, "name": item.name}


class Renamed(BaseModel):
    model_config = {"populate_by_name": False}
    user_name: Annotated[str, Field(alias="userName")]
    item_count: Annotated[int, Field(alias="itemCount")] = 0


@app.post("/renamed")
def renamed(body: Renamed) -> Renamed: return body


class Node(BaseModel):
    name: str
    children: list["Node"] = []


@app.post("/tree")
def tree(node: Node): return {"children": len(node.children)}


class Secret(BaseModel):
    username: str
    password: Annotated[str, Field(min_length=8, json_schema_extra={"format": "password"})]


@app.post("/secret")
def secret(body: Secret): return {"username": body.username}


@app.get("/with-get")
def with_get(): return {"ok": True}
