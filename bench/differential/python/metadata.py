"""What the document says beside what is enforced."""

from typing import Annotated

from fastapi import APIRouter, Body, FastAPI, Path, Query
from pydantic import BaseModel, Field, HttpUrl

app = FastAPI(
    title="Shop",
    summary="Things",
    description="All *things*.",
    version="2.1.0",
    terms_of_service="https://example.org/terms",
    contact={"name": "Amy", "url": "https://example.org/amy", "email": "amy@example.org"},
    license_info={"name": "MIT", "identifier": "MIT"},
    servers=[
        {"url": "https://api.example.org", "description": "The real one"},
        {"url": "https://{region}.example.org", "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}}},
    ],
    openapi_tags=[
        {"name": "items", "description": "Things", "externalDocs": {"url": "https://example.org/items", "description": "More"}},
        {"name": "users", "description": "People"},
    ],
    openapi_external_docs={"url": "https://example.org/docs", "description": "More"},
)


class Item(BaseModel):
    name: Annotated[str, Field(description="What it is called", examples=["Sword"])]


class Missing(BaseModel):
    item: str


@app.get("/items/{id}", tags=["items"], summary="Read an item", description="One of them.", operation_id="readItem",
         responses={404: {"model": Missing, "description": "It is not there"}})
def read(id: Annotated[int, Path(description="Its number")], q: Annotated[str | None, Query(description="Words", deprecated=True)] = None) -> Item:
    return Item(name="a")


@app.get("/old", deprecated=True, tags=["items"], summary="Old", operation_id="old")
def old() -> Item: return Item(name="a")


@app.get("/hidden", include_in_schema=False)
def hidden() -> Item: return Item(name="a")


router = APIRouter(prefix="/users", tags=["users"], responses={418: {"description": "A teapot"}})


@router.get("/{id}", tags=["items"], summary="A user", operation_id="user")
def user(id: int) -> Item: return Item(name="a")


app.include_router(router)


@app.post("/items", summary="Create", operation_id="create")
def create(item: Annotated[Item, Body(openapi_examples={"sword": {"summary": "Sharp", "value": {"name": "Sword"}}})]) -> Item:
    return item


callbacks = APIRouter()


class Event(BaseModel):
    id: int


@callbacks.post("{$request.body#/name}")
def called(event: Event): ...


@app.post("/subscribe", summary="Subscribe", operation_id="subscribe", callbacks=callbacks.routes)
def subscribe(item: Item) -> Item: return item


@app.webhooks.post("new-item", summary="New item", operation_id="newItem")
def new_item(body: Event): ...
