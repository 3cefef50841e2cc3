"""What is sent back."""

from datetime import datetime, timezone
from typing import Annotated

from fastapi import BackgroundTasks, FastAPI, HTTPException, Response, status
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel, Field

app = FastAPI()


class User(BaseModel):
    name: str
    email: str | None = None
    tags: list[str] = []


class StoredUser(User):
    hash: str = "secret"


@app.get("/filtered", response_model=User)
def filtered(): return StoredUser(name="a")


@app.get("/filtered-list", response_model=list[User])
def filtered_list(): return [StoredUser(name="a"), StoredUser(name="b", email="e")]


@app.get("/none")
def none(): return None


@app.get("/text")
def text(): return "text"


@app.get("/number")
def number(): return 1.5


@app.get("/empty-list")
def empty_list() -> list[str]: return []


@app.get("/map")
def a_map() -> dict[str, int]: return {"b": 1, "a": 2}


@app.get("/escapes")
def escapes(): return {"v": "<a href=\"x\">&'ä\u2028\n\t/</a>"}


@app.get("/large")
def large(): return {"v": 9007199254740993}


@app.get("/small")
def small(): return {"v": 1e-7, "w": 1e21, "x": 0.1, "y": 100.0}


class Alias(BaseModel):
    user_name: Annotated[str, Field(alias="userName")]


@app.get("/alias")
def alias() -> Alias: return Alias(userName="a")


@app.get("/unset", response_model=User, response_model_exclude_unset=True)
def unset(): return User(name="a")


class Time(BaseModel):
    v: datetime


class Float(BaseModel):
    v: float


@app.get("/time")
def a_time() -> Time: return {"v": datetime(2026, 11, 26, 10, tzinfo=timezone.utc)}


@app.get("/nan")
def nan() -> Float: return {"v": float("nan")}


@app.post("/created", status_code=201)
def created(): return {"v": 1}


@app.delete("/gone", status_code=204)
def gone(): return None


@app.delete("/gone-200")
def gone_200(): return None


@app.get("/accepted", status_code=202)
def accepted(): return {"v": 1}


@app.get("/redirect", status_code=307)
def redirect(): return RedirectResponse("/elsewhere")


@app.get("/see-other", status_code=303)
def see_other(): return RedirectResponse("/elsewhere?a=b", status_code=303)


@app.get("/moved", status_code=301, response_class=RedirectResponse)
def moved(): return "/elsewhere"


@app.get("/plain", response_class=PlainTextResponse)
def plain(): return "plain"


@app.get("/html", response_class=HTMLResponse)
def html(): return HTMLResponse("<p>hello</p>")


@app.get("/stream")
def stream(): return StreamingResponse(iter([b"a", b"b"]), media_type="application/octet-stream")


@app.get("/header")
def header(response: Response):
    response.headers["X-Own"] = "a"
    response.set_cookie("c", "v")
    return {"v": 1}


@app.get("/not-modified", status_code=304)
def not_modified(): return Response(status_code=304)


@app.get("/404")
def not_found(): raise HTTPException(404, "Item not found")


@app.get("/404-default")
def not_found_default(): raise HTTPException(404)


@app.get("/409-object")
def conflict(): raise HTTPException(409, {"code": 7, "items": [1]})


@app.get("/400-list")
def bad(): raise HTTPException(400, ["a", "b"])


@app.get("/401-header")
def unauthorized(): raise HTTPException(401, "No", {"WWW-Authenticate": "Own"})


@app.get("/503-retry")
def retry(): raise HTTPException(503, "Busy", {"Retry-After": "7"})


@app.get("/204-error")
def no_content(): raise HTTPException(204)


@app.get("/304-error")
def not_modified_error(): raise HTTPException(304)


@app.get("/500")
def fails(): raise RuntimeError("secret")


@app.get("/500-own")
def own(): raise HTTPException(500, "Own words")


@app.get("/null-detail")
def empty(): raise HTTPException(400, "")
