"""A client with requests-oauthlib and the oauthlib below it."""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the server is on the machine itself

from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from talk import ID, ISSUER, REDIRECT, SCOPE, SECRET, browse, changed, gone, metadata, refused, step


def main():
    with step("discover"):
        server = metadata()

    session = OAuth2Session(ID, redirect_uri=REDIRECT, scope=SCOPE.split(), pkce="S256")
    with step("code"):
        url, _ = session.authorization_url(server["authorization_endpoint"])
        token = session.fetch_token(server["token_endpoint"], authorization_response=browse(url), client_secret=SECRET)
    me(session)

    login = HTTPBasicAuth(ID, SECRET)
    with step("refresh"):
        before = token["refresh_token"]
        fresh = session.refresh_token(server["token_endpoint"], auth=login)
        changed(before, fresh["refresh_token"])
    me(session)

    with step("machine") as said:
        machine = OAuth2Session(client=BackendApplicationClient(ID, scope=SCOPE.split()))
        said["token"] = machine.fetch_token(server["token_endpoint"], client_secret=SECRET)["access_token"]

    with step("revoke"):
        url, headers, body = session._client.prepare_token_revocation_request(
            server["revocation_endpoint"], fresh["refresh_token"], "refresh_token")
        session.request("POST", url, data=body, headers=headers, auth=login, withhold_token=True).raise_for_status()
        gone(fresh["access_token"])


def me(session):
    with step("me") as said:
        answer = session.get(f"{ISSUER}/users/me")
        answer.raise_for_status()
        said["name"] = answer.json()["name"]


try:
    main()
except Exception as err:
    refused(err)
