"""Parameters of the path, the query, headers and cookies."""

import enum
from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar, get_args, get_origin
from uuid import UUID

from fastapi import Cookie, Depends, FastAPI, Header, Path, Query
from pydantic import BaseModel

app = FastAPI()


class Color(str, enum.Enum):
    red = "red"
    green = "green"


T = TypeVar("T")


class V(BaseModel, Generic[T]):
    v: T


# texts are what Holdfast has as a text with a tag.
texts = dict.fromkeys(["/enum", "/literal", "/literal-one"], str)


def echo(path, kind, default=...):
    """A route that answers with its query parameter v."""
    if default is ...:
        def read(v: kind): return {"v": v}
    else:
        def read(v: kind = default): return {"v": v}
    read.__name__ = path.strip("/").replace("-", "_")
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    app.get(path, response_model=V[texts.get(path, plain)])(read)


echo("/int", int)
echo("/float", float)
echo("/bool", bool)
echo("/str", str)
echo("/datetime", datetime)
echo("/uuid", UUID)
echo("/enum", Color)
echo("/literal", Literal["a", "b"])
echo("/literal-one", Literal["a"])
echo("/list-int", Annotated[list[int], Query()])
echo("/list-str", Annotated[list[str], Query()])
echo("/list-bool", Annotated[list[bool], Query()])
echo("/list-opt", Annotated[list[str], Query()], [])
echo("/list-def", Annotated[list[str], Query()], ["a", "b"])
echo("/opt-int", int | None, None)
echo("/opt-str", str | None, None)
echo("/opt-bool", bool | None, None)
echo("/opt-float", float | None, None)
echo("/def-int", int, 10)
echo("/def-str", str, "fixedquery")
echo("/def-bool", bool, True)
echo("/ge-le", Annotated[int, Query(ge=1, le=5)])
echo("/gt-lt", Annotated[float, Query(gt=0, lt=1)])
echo("/float-ge", Annotated[float, Query(ge=0.5)])
echo("/multiple", Annotated[int, Query(multiple_of=3)])
echo("/length", Annotated[str, Query(min_length=2, max_length=4)])
echo("/length-one", Annotated[str, Query(min_length=1)])
echo("/pattern", Annotated[str, Query(pattern="^fixed$")])
echo("/length-pattern", Annotated[str, Query(min_length=3, pattern="^fixed$")])
echo("/items", Annotated[list[str], Query(min_length=2, max_length=3)])
echo("/opt-length", Annotated[str | None, Query(min_length=3)], None)
echo("/opt-ge", Annotated[int | None, Query(ge=3)], None)


@app.get("/alias")
def alias(q: Annotated[str, Query(alias="item-query")]): return {"v": q}


@app.get("/several")
def several(needy: str, skip: int = 0, limit: int | None = None):
    return {"needy": needy, "skip": skip, "limit": limit}


class Filter(BaseModel):
    limit: int = 100
    offset: int = 0
    tags: list[str] = []


@app.get("/model")
def model(f: Annotated[Filter, Query()]): return f


@app.get("/path/int/{v}")
def path_int(v: int): return {"v": v}


@app.get("/path/float/{v}")
def path_float(v: float): return {"v": v}


@app.get("/path/bool/{v}")
def path_bool(v: bool): return {"v": v}


@app.get("/path/str/{v}")
def path_str(v: str): return {"v": v}


@app.get("/path/enum/{v}")
def path_enum(v: Color): return {"v": v}


@app.get("/path/uuid/{v}")
def path_uuid(v: UUID): return {"v": v}


@app.get("/path/ge/{v}")
def path_ge(v: Annotated[int, Path(ge=1, le=1000)]): return {"v": v}


@app.get("/path/length/{v}")
def path_length(v: Annotated[str, Path(min_length=3)]): return {"v": v}


@app.get("/path/rest/{v:path}")
def path_rest(v: str): return {"v": v}


@app.get("/path/two/{a}/x/{b}")
def path_two(a: int, b: int): return {"a": a, "b": b}


@app.get("/header")
def header(x_token: Annotated[str, Header()]): return {"v": x_token}


@app.get("/header-opt")
def header_opt(x_token: Annotated[str | None, Header()] = None): return {"v": x_token}


@app.get("/header-int")
def header_int(x_token: Annotated[int, Header()]): return {"v": x_token}


@app.get("/header-list")
def header_list(x_token: Annotated[list[str], Header()] = []): return {"v": x_token}


@app.get("/header-agent")
def header_agent(accept_language: Annotated[str | None, Header()] = None): return {"v": accept_language}


@app.get("/cookie")
def cookie(session: Annotated[str, Cookie()]): return {"v": session}


@app.get("/cookie-opt")
def cookie_opt(session: Annotated[str | None, Cookie()] = None): return {"v": session}


@app.get("/cookie-int")
def cookie_int(session: Annotated[int, Cookie()]): return {"v": session}


@app.get("/all/{p}")
def everything(
    p: int, q: int, h: Annotated[int, Header()], c: Annotated[int, Cookie()]
):
    return {"p": p, "q": q, "h": h, "c": c}


def paging(skip: int = 0, limit: Annotated[int, Query(le=100)] = 10):
    return {"skip": skip, "limit": limit}


@app.get("/depends")
def depends(page: Annotated[dict, Depends(paging)], q: int): return {**page, "q": q}
