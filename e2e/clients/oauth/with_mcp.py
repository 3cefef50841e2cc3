"""A client of MCP with the SDK for Python."""

import asyncio
import os

import httpx2
from mcp import ClientSession
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

from talk import ID, ISSUER, REDIRECT, SECRET, TOOLS, browse, changed, query, refused, step

MACHINE = os.environ["MACHINE_ID"]


class Memory:
    """Keeps the tokens, and the client that is known beforehand."""

    tokens = None
    client = OAuthClientInformationFull(client_id=ID, redirect_uris=[REDIRECT], token_endpoint_auth_method="none", issuer=ISSUER)

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        raise ValueError("the client is known already")


async def main():
    back = {}

    async def redirect(url):
        back.update(query(browse(url)))

    async def callback():
        if "error" in back:
            raise ValueError(back["error"])
        return AuthorizationCodeResult(code=back["code"], state=back.get("state"), iss=back.get("iss"))

    kept = Memory()
    metadata = OAuthClientMetadata(redirect_uris=[REDIRECT], token_endpoint_auth_method="none")
    person = OAuthClientProvider(TOOLS, metadata, kept, redirect, callback)
    with step("code"):
        name = await whoami(person)
    with step("me") as said:
        said["name"] = name

    with step("refresh"):
        before = kept.tokens.refresh_token
        person.context.token_expiry_time = 1  # it was long ago
        name = await whoami(person)
        changed(before, kept.tokens.refresh_token)
    with step("me") as said:
        said["name"] = name

    with step("machine") as said:
        kept = Memory()
        name = await whoami(ClientCredentialsOAuthProvider(TOOLS, kept, MACHINE, SECRET, issuer=ISSUER))
        if name != MACHINE:
            raise ValueError(f"the machine is taken for {name}")
        said["token"] = kept.tokens.access_token


async def whoami(auth):
    """Connects to the server of tools, and asks it who is calling."""
    async with httpx2.AsyncClient(auth=auth, timeout=30) as http:
        async with streamable_http_client(TOOLS, http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                result = await session.call_tool("whoami", {})
    if result.is_error:
        raise ValueError(result.content)
    return result.content[0].text


try:
    asyncio.run(main())
except BaseException as err:
    refused(err)
