"""Paths and methods."""

from fastapi import APIRouter, Depends, FastAPI, HTTPException

app = FastAPI()


@app.get("/items/")
def items(): return {"v": "items"}


@app.get("/users")
def users(): return {"v": "users"}


@app.post("/users")
def add_user(): return {"v": "added"}


@app.get("/users/me")
def me(): return {"v": "me"}


@app.get("/users/{id}")
def user(id: str): return {"v": id}


@app.get("/files/{path:path}")
def file(path: str): return {"v": path}


@app.get("/several")
def several(): return {"v": "several"}


@app.put("/several")
def put_several(): return {"v": "several"}


@app.patch("/patch")
def patch(): return {"v": "patch"}


@app.delete("/delete")
def delete(): return {"v": "delete"}


@app.get("/äöü")
def umlauts(): return {"v": "umlauts"}


@app.get("/with space")
def space(): return {"v": "space"}


@app.get("/a.b-c_d~e")
def marks(): return {"v": "marks"}


router = APIRouter(prefix="/shop")


@router.get("/orders")
def orders(): return {"v": "orders"}


@router.get("/orders/{id}/lines/{line}")
def line(id: int, line: int): return {"id": id, "line": line}


def locked(): raise HTTPException(403, "Locked")


closed = APIRouter(prefix="/closed", dependencies=[Depends(locked)])


@closed.get("/x")
def closed_x(): return {"v": "x"}


router.include_router(closed)
app.include_router(router)


@app.get("/")
def root(): return {"v": "root"}
