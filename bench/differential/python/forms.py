"""Forms without files."""

from typing import Annotated

from fastapi import Depends, FastAPI, Form
from fastapi.security import OAuth2PasswordRequestForm, OAuth2PasswordRequestFormStrict
from pydantic import BaseModel

app = FastAPI()


@app.post("/login")
def login(username: Annotated[str, Form()], password: Annotated[str, Form(json_schema_extra={"format": "password"})]):
    return {"username": username}


@app.post("/types")
def types(
    n: Annotated[int, Form()],
    flag: Annotated[bool, Form()] = False,
    text: Annotated[str | None, Form()] = None,
    tags: Annotated[list[str], Form()] = [],
    size: Annotated[float, Form(ge=1)] = 1.5,
    name: Annotated[str, Form(min_length=2)] = "ab",
):
    return {"n": n, "flag": flag, "text": text, "tags": tags, "size": size, "name": name}


class Data(BaseModel):
    username: str
    age: int = 0


@app.post("/model")
def model(data: Annotated[Data, Form()]): return data


@app.post("/numbers")
def numbers(v: Annotated[list[int], Form()]): return {"v": v}


@app.post("/optional")
def optional(v: Annotated[str | None, Form()] = None): return {"v": v}


@app.post("/oauth")
def oauth(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    return {"username": form.username, "scopes": form.scopes, "grant": form.grant_type, "client": form.client_id}


@app.post("/oauth-strict")
def oauth_strict(form: Annotated[OAuth2PasswordRequestFormStrict, Depends()]):
    return {"username": form.username, "scopes": form.scopes}
