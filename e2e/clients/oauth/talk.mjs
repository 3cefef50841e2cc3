// How a client in JavaScript tells the test what it does: see README.md.
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

const env = process.env
export const issuer = env.ISSUER
export const id = env.CLIENT_ID
export const secret = env.CLIENT_SECRET
export const redirect = env.REDIRECT_URI
export const scope = env.SCOPE
export const tools = env.MCP_URL
export const key = async () => JSON.parse(await readFile(env.CLIENT_KEY, 'utf8'))

let trying = 'start'
const say = (line) => console.log(JSON.stringify(line))

// step runs what a step is made of, and says that it has worked. What it returns
// may have a field `said`, which the test sees.
export async function step(name, run) {
  trying = name
  const value = await run()
  say({ step: name, ...value?.said })
  return value
}

// browse has the person sign in at the address, and returns where the browser was
// sent then.
export async function browse(url) {
  say({ step: 'authorize', url: String(url) })
  const lines = createInterface({ input: process.stdin })
  for await (const line of lines) {
    lines.close()
    return new URL(line)
  }
  throw new Error('no address came back')
}

// code reads the code of such an address, for a library that does not.
export function code(back, state) {
  if (back.searchParams.get('state') !== state) throw new Error('the state is another')
  if (back.searchParams.has('error')) throw new Error(back.searchParams.get('error'))
  return back.searchParams.get('code')
}

// metadata reads the server's, for a library that does not.
export async function metadata() {
  const answer = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
  if (!answer.ok) throw new Error(`the metadata: ${answer.status}`)
  return answer.json()
}

// me asks the API who the token is for.
export const me = (token) => step('me', async () => {
  const answer = await fetch(`${issuer}/users/me`, { headers: { authorization: `Bearer ${token}` } })
  if (answer.status !== 200) throw new Error(`the API answers ${answer.status}`)
  return { said: { name: (await answer.json()).name } }
})

// gone asks the API whether the token is still good, which it must not be.
export async function gone(token) {
  const answer = await fetch(`${issuer}/users/me`, { headers: { authorization: `Bearer ${token}` } })
  if (answer.status !== 401) throw new Error(`the API answers ${answer.status} after the revocation`)
}

export function changed(before, after) {
  if (!after || before === after) throw new Error('the refresh token has not changed')
}

// main runs a client, and says at which step it has refused to go on.
export async function main(run) {
  const late = setTimeout(() => refused(new Error('no answer came')), 60_000)
  try {
    await run()
  } catch (err) {
    refused(err)
  }
  clearTimeout(late)
}

function refused(err) {
  const why = [err.code, err.error, err.message, err.cause?.message].filter(Boolean).join(': ')
  say({ step: 'refused', at: trying, why })
  process.exit(3)
}

// A promise that is never kept ends Node; that is no answer either.
process.on('exit', (status) => {
  if (status === 13) say({ step: 'refused', at: trying, why: 'the library never answers' })
})
