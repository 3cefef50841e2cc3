"""A client with Authlib, which looks at its tokens by RFC 9068 too."""

import os

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the server is on the machine itself

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jws import JWSRegistry

from talk import ID, ISSUER, REDIRECT, SCOPE, SECRET, browse, changed, gone, metadata, query, refused, step

JWSRegistry.recommended.append("EdDSA")  # which signs the server's tokens, and which joserfc takes only where it is told to


def main():
    with step("discover"):
        server = AuthorizationServerMetadata(metadata())
        server.validate_response_types_supported()
        server.validate_code_challenge_methods_supported()

    session = OAuth2Session(ID, SECRET, scope=SCOPE, redirect_uri=REDIRECT, code_challenge_method="S256")
    with step("code"):
        verifier = generate_token(48)
        url, state = session.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier)
        back = browse(url)
        if "error" in query(back):
            raise ValueError(query(back)["error"])
        token = session.fetch_token(server["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier)

    with step("validate"):
        validator = Validator(ISSUER, os.environ["AUDIENCE"], server["jwks_uri"])
        claims = validator.authenticate_token(token["access_token"])
        validator.validate_token(claims, [], None)
    me(session)

    with step("refresh"):
        fresh = session.refresh_token(server["token_endpoint"], refresh_token=token["refresh_token"])
        changed(token["refresh_token"], fresh["refresh_token"])
    me(session)

    with step("machine") as said:
        machine = OAuth2Session(ID, SECRET, scope=SCOPE)
        said["token"] = machine.fetch_token(server["token_endpoint"], grant_type="client_credentials")["access_token"]

    with step("introspect"):
        about = session.introspect_token(server["introspection_endpoint"], token=fresh["access_token"], token_type_hint="access_token")
        about.raise_for_status()
        if not about.json()["active"] or about.json()["client_id"] != ID:
            raise ValueError(about.text)

    with step("revoke"):
        session.revoke_token(server["revocation_endpoint"], token=fresh["refresh_token"], token_type_hint="refresh_token").raise_for_status()
        gone(fresh["access_token"])


class Validator(JWTBearerTokenValidator):
    """Looks at a token as a resource server does."""

    def __init__(self, issuer, audience, jwks_uri):
        super().__init__(issuer, audience)
        self.jwks_uri = jwks_uri

    def get_jwks(self):
        return requests.get(self.jwks_uri, timeout=30).json()


def me(session):
    with step("me") as said:
        answer = session.get(f"{ISSUER}/users/me")
        answer.raise_for_status()
        said["name"] = answer.json()["name"]


try:
    main()
except Exception as err:
    refused(err)
