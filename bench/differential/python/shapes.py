"""Errors in a shape of one's own."""

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel
from starlette.exceptions import HTTPException as AnyHTTPException
from typing import Annotated

app = FastAPI()


@app.exception_handler(AnyHTTPException)
def of_http(request: Request, exc: AnyHTTPException):
    return JSONResponse({"error": {"status": exc.status_code, "message": exc.detail, "fields": []}}, exc.status_code, exc.headers)


@app.exception_handler(RequestValidationError)
def of_input(request: Request, exc: RequestValidationError):
    fields = [".".join(str(x) for x in one["loc"]) + ": " + one["msg"] for one in exc.errors()]
    return JSONResponse({"error": {"status": 422, "message": "The input does not fit", "fields": fields}}, 422)


class Item(BaseModel):
    name: str
    size: int


@app.get("/404")
def not_found(): raise HTTPException(404, "Item not found")


@app.get("/429")
def too_many(): raise HTTPException(429, "Slow down", {"Retry-After": "3"})


@app.post("/items")
def items(item: Item): return item


@app.get("/query")
def query(n: int): return {"v": n}


bearer = OAuth2PasswordBearer(tokenUrl="token")


@app.get("/me")
def me(token: Annotated[str, Depends(bearer)]): return {"v": token}
