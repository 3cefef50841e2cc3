// A client of MCP with @modelcontextprotocol/client.
import { randomBytes } from 'node:crypto'
import { auth, Client, ClientCredentialsProvider, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { browse, changed, code, id, issuer, main, redirect, secret, step, tools } from './talk.mjs'

const server = new URL(tools)

// A person who signs in, whose tokens are kept in memory.
class Person {
  redirectUrl = redirect
  clientMetadata = { redirect_uris: [redirect], token_endpoint_auth_method: 'none' }
  lastState = ''
  clientInformation() { return { client_id: id, issuer } }
  state() { return (this.lastState = randomBytes(16).toString('base64url')) }
  tokens() { return this.kept }
  saveTokens(tokens) { this.kept = tokens }
  saveCodeVerifier(verifier) { this.verifier = verifier }
  codeVerifier() { return this.verifier }
  saveDiscoveryState(found) { this.found = found }
  discoveryState() { return this.found }
  redirectToAuthorization(url) { this.url = url }
}

await main(async () => {
  const person = new Person()
  await step('code', async () => {
    const transport = new StreamableHTTPClientTransport(server, { authProvider: person })
    try {
      await connect(transport)
      throw new Error('the server of tools wants no token')
    } catch (err) {
      if (!(err instanceof UnauthorizedError)) throw err
    }
    const back = await browse(person.url)
    code(back, person.lastState) // the SDK's documentation says to compare it
    await transport.finishAuth(back.searchParams)
  })
  await step('me', () => whoami(person))

  await step('refresh', async () => {
    const before = person.tokens().refresh_token
    if (await auth(person, { serverUrl: server }) !== 'AUTHORIZED') throw new Error('not refreshed')
    changed(before, person.tokens().refresh_token)
  })
  await step('me', () => whoami(person))

  await step('machine', async () => {
    const machine = new ClientCredentialsProvider({ clientId: process.env.MACHINE_ID, clientSecret: secret, expectedIssuer: issuer })
    const { said: { name } } = await whoami(machine)
    if (name !== process.env.MACHINE_ID) throw new Error(`the machine is taken for ${name}`)
    return { said: { token: machine.tokens().access_token } }
  })
})

async function connect(transport) {
  const client = new Client({ name: 'mcp-client', version: '1' })
  await client.connect(transport)
  return client
}

// whoami connects to the server of tools, and asks it who is calling.
async function whoami(authProvider) {
  const client = await connect(new StreamableHTTPClientTransport(server, { authProvider }))
  const { content: [{ text }], isError } = await client.callTool({ name: 'whoami', arguments: {} })
  if (isError) throw new Error(text)
  await client.close()
  return { said: { name: text } }
}
