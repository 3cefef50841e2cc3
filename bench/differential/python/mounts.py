"""What is mounted, files, and other methods."""

import pathlib
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.staticfiles import StaticFiles

app = FastAPI()
site = pathlib.Path(__file__).parent.parent / "site"

legacy = FastAPI()


@legacy.get("/x")
def x(request: Request): return {"v": "x"}


@legacy.get("/echo/{v}")
def echo(v: str): return {"v": v}


@legacy.post("/echo/{v}")
def post_echo(v: str): return {"v": v}


@app.get("/legacy-not")
def not_mounted(): return {"v": "route"}


app.mount("/legacy", legacy)
app.mount("/static", StaticFiles(directory=site))
app.mount("/site", StaticFiles(directory=site, html=True))


@app.head("/head")
def head(): return None


@app.options("/options")
def options(): return {"v": "options"}


@app.api_route("/query", methods=["QUERY"])
def query(): return {"v": "query"}
