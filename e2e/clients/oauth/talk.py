"""How a client in Python tells the test what it does: see README.md."""

import contextlib
import json
import os
import sys
from urllib.parse import parse_qs, urlsplit

import requests

ISSUER = os.environ["ISSUER"]
ID = os.environ["CLIENT_ID"]
SECRET = os.environ.get("CLIENT_SECRET", "")
REDIRECT = os.environ["REDIRECT_URI"]
SCOPE = os.environ["SCOPE"]
TOOLS = os.environ.get("MCP_URL", "")

_trying = "start"


def say(line):
    print(json.dumps(line), flush=True)


@contextlib.contextmanager
def step(name):
    """Says that the step has worked, when its block has. What the block puts into the dict is said too."""
    global _trying
    _trying = name
    said = {}
    yield said
    say({"step": name, **said})


def refused(err):
    """Says at which step the client refuses to go on, and ends it."""
    while isinstance(err, BaseExceptionGroup):
        err = err.exceptions[0]
    say({"step": "refused", "at": _trying, "why": f"{type(err).__name__}: {err}"})
    sys.exit(3)


def browse(url):
    """Has the person sign in at the address, and returns where the browser was sent then."""
    say({"step": "authorize", "url": url})
    return sys.stdin.readline().strip()


def query(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def metadata():
    """Reads the server's metadata, for a library that does not."""
    answer = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server", timeout=30)
    answer.raise_for_status()
    return answer.json()


def gone(token):
    """Asks the API whether the token is still good, which it must not be."""
    answer = requests.get(f"{ISSUER}/users/me", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    if answer.status_code != 401:
        raise ValueError(f"the API answers {answer.status_code} after the revocation")


def changed(before, after):
    if not after or before == after:
        raise ValueError("the refresh token has not changed")
