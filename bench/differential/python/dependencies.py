"""Dependencies."""

from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response

app = FastAPI()
log: list[str] = []


def taken():
    out = list(log)
    log.clear()
    return out


@app.get("/log")
def read_log(): return taken()


counts = {"n": 0}


def counter():
    counts["n"] += 1
    return counts["n"]


def twice(a: Annotated[int, Depends(counter)], b: Annotated[int, Depends(counter)]): return [a, b]


@app.get("/cached")
def cached(pair: Annotated[list[int], Depends(twice)], c: Annotated[int, Depends(counter)]):
    return {"same": pair[0] == pair[1] == c}


@app.get("/fresh")
def fresh(a: Annotated[int, Depends(counter)], b: Annotated[int, Depends(counter, use_cache=False)]):
    return {"same": a == b}


def outer():
    log.append("outer begins")
    try:
        yield "outer"
    except ValueError:
        log.append("outer saw ValueError")
        raise
    finally:
        log.append("outer ends")


def inner(o: Annotated[str, Depends(outer, scope="function")]):
    log.append("inner begins")
    yield o + " inner"
    log.append("inner ends")


@app.get("/order")
def order(v: Annotated[str, Depends(inner, scope="function")]):
    log.append("handler")
    return {"v": v}


@app.get("/refused")
def refused(v: Annotated[str, Depends(outer, scope="function")]):
    raise HTTPException(404, "No such thing")


def failing():
    log.append("failing")
    raise HTTPException(400, "Failed")


@app.get("/fails")
def fails(o: Annotated[str, Depends(outer, scope="function")], f: Annotated[str, Depends(failing)]):
    return {"v": "never"}


def owner():
    try:
        yield "Rick"
    except ValueError as e:
        raise HTTPException(400, f"Owner error: {e}") from e


@app.get("/owner")
def get_owner(o: Annotated[str, Depends(owner)]):
    raise ValueError("plumbus")


def bad_commit():
    yield 1
    raise HTTPException(409, "Conflict")


@app.get("/commit")
def commit(v: Annotated[int, Depends(bad_commit, scope="function")]): return {"v": v}


def check_header(x_token: Annotated[str, Header()]):
    if x_token != "secret":
        raise HTTPException(400, "X-Token header invalid")


@app.get("/header", dependencies=[Depends(check_header)])
def header(): return {"v": "in"}


class Paging:
    def __init__(self, skip: int = 0, limit: Annotated[int, Query(le=100)] = 10):
        self.skip, self.limit = skip, limit


@app.get("/class")
def of_class(page: Annotated[Paging, Depends()]): return {"skip": page.skip, "limit": page.limit}


def sets_header(response: Response):
    response.headers["X-Own"] = "dep"
    return 1


@app.get("/sets-header")
def sets(v: Annotated[int, Depends(sets_header)]): return {"v": v}


@app.get("/sets-header-fails")
def sets_fails(v: Annotated[int, Depends(sets_header)]): raise HTTPException(400, "No")


def query(q: str | None = None): return q


def query_or_default(q: Annotated[str | None, Depends(query)]): return q or "none"


@app.get("/sub")
def sub(q: Annotated[str, Depends(query_or_default)]): return {"v": q}


@app.get("/fails-and-bad")
def fails_and_bad(n: int, f: Annotated[str, Depends(failing)]): return {"v": n}


@app.get("/two-params")
def two_params(a: Annotated[Paging, Depends()], n: int): return {"v": n}
