"""Schemes, scopes and roles."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
    HTTPDigest,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OpenIdConnect,
    SecurityScopes,
)
from fastapi.security.http import HTTPBase

app = FastAPI()

key_header = APIKeyHeader(name="X-Key", scheme_name="key_header")
key_query = APIKeyQuery(name="key", scheme_name="key_query")
key_cookie = APIKeyCookie(name="key", scheme_name="key_cookie")
basic = HTTPBasic(scheme_name="basic")
realm = HTTPBasic(realm="shop", scheme_name="realm")
bearer = HTTPBearer(scheme_name="bearer")
digest = HTTPDigest(scheme_name="digest")
other = HTTPBase(scheme="Other", scheme_name="other")
password = OAuth2PasswordBearer(tokenUrl="token", scopes={"items": "Items", "me": "Me"}, scheme_name="password")
code = OAuth2AuthorizationCodeBearer(authorizationUrl="authorize", tokenUrl="token", scheme_name="code")
openid = OpenIdConnect(openIdConnectUrl="/openid", scheme_name="openid")


@app.get("/key-header")
def get_key_header(key: Annotated[str, Security(key_header)]): return {"v": key}


@app.get("/key-query")
def get_key_query(key: Annotated[str, Security(key_query)]): return {"v": key}


@app.get("/key-cookie")
def get_key_cookie(key: Annotated[str, Security(key_cookie)]): return {"v": key}


@app.get("/basic")
def get_basic(c: Annotated[HTTPBasicCredentials, Security(basic)]):
    return {"username": c.username, "password": c.password}


@app.get("/realm")
def get_realm(c: Annotated[HTTPBasicCredentials, Security(realm)]):
    return {"username": c.username, "password": c.password}


@app.get("/bearer")
def get_bearer(c: Annotated[HTTPAuthorizationCredentials, Security(bearer)]): return {"v": c.credentials}


@app.get("/digest")
def get_digest(c: Annotated[HTTPAuthorizationCredentials, Security(digest)]): return {"v": c.credentials}


@app.get("/other")
def get_other(c: Annotated[HTTPAuthorizationCredentials, Security(other)]): return {"v": c.credentials}


@app.get("/password")
def get_password(token: Annotated[str, Security(password)]): return {"v": token}


@app.get("/code")
def get_code(token: Annotated[str, Security(code)]): return {"v": token}


@app.get("/openid")
def get_openid(token: Annotated[str, Security(openid)]): return {"v": token}


optional_password = OAuth2PasswordBearer(tokenUrl="token", auto_error=False, scheme_name="optional")
optional_key = APIKeyHeader(name="X-Key", auto_error=False, scheme_name="optional-key")
optional_basic = HTTPBasic(auto_error=False, scheme_name="optional-basic")


@app.get("/optional")
def get_optional(token: Annotated[str | None, Security(optional_password)]): return {"v": token}


@app.get("/optional-key")
def get_optional_key(key: Annotated[str | None, Security(optional_key)]): return {"v": key}


@app.get("/optional-basic")
def get_optional_basic(c: Annotated[HTTPBasicCredentials | None, Security(optional_basic)]):
    return {"v": c.username if c else None}


tokens = {"alice": ["items", "me"], "bob": ["me"], "carol": []}


def current_user(scopes: SecurityScopes, token: Annotated[str, Depends(password)]):
    challenge = f'Bearer scope="{scopes.scope_str}"' if scopes.scopes else "Bearer"
    if token not in tokens:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": challenge})
    for scope in scopes.scopes:
        if scope not in tokens[token]:
            raise HTTPException(401, "Not enough permissions", {"WWW-Authenticate": challenge})
    if token == "carol":
        raise HTTPException(400, "Inactive user")
    return token


@app.get("/me")
def me(user: Annotated[str, Security(current_user)]): return {"v": user}


@app.get("/items")
def items(user: Annotated[str, Security(current_user, scopes=["items"])]): return {"v": user}


def checker(allowed):
    def check(user: Annotated[str, Depends(current_user)]):
        if user not in allowed:
            raise HTTPException(403, "Operation not permitted")
        return user
    return check


@app.delete("/users/{id}")
def delete_user(id: int, user: Annotated[str, Depends(checker(["alice"]))]): return {"id": id}


@app.post("/write")
def write(user: Annotated[str, Security(current_user)], body: dict[str, int]): return body


@app.get("/both")
def both(token: Annotated[str, Security(password)], key: Annotated[str, Security(key_header)]):
    return {"token": token, "key": key}


@app.get("/teapot")
def teapot(user: Annotated[str, Security(current_user)]):
    raise HTTPException(418, {"reason": "teapot"}, {"X-Own": "yes"})
