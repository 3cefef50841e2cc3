// A client with simple-oauth2.
import { createHash, randomBytes } from 'node:crypto'
import oauth2 from 'simple-oauth2'
import { browse, changed, code, gone, id, issuer, main, me, metadata, redirect, scope, secret, step } from './talk.mjs'

await main(async () => {
  const settings = await step('discover', async () => {
    const found = await metadata()
    const path = (name) => new URL(found[name]).pathname
    return {
      client: { id, secret },
      auth: { tokenHost: issuer, tokenPath: path('token_endpoint'), revokePath: path('revocation_endpoint') },
      authorizePath: path('authorization_endpoint'),
    }
  })
  const { authorizePath, ...machine } = settings
  const person = new oauth2.AuthorizationCode({ client: machine.client, auth: { ...machine.auth, authorizePath } })

  const grant = await step('code', async () => {
    const state = randomBytes(16).toString('base64url')
    const verifier = randomBytes(32).toString('base64url')
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const back = await browse(person.authorizeURL({ redirect_uri: redirect, scope, state, code_challenge: challenge, code_challenge_method: 'S256' }))
    return person.getToken({ code: code(back, state), redirect_uri: redirect, code_verifier: verifier })
  })
  await me(grant.token.access_token)

  const fresh = await step('refresh', () => grant.refresh())
  changed(grant.token.refresh_token, fresh.token.refresh_token)
  await me(fresh.token.access_token)

  await step('machine', async () => {
    const { token } = await new oauth2.ClientCredentials(machine).getToken({ scope })
    return { said: { token: token.access_token } }
  })

  await step('revoke', async () => {
    await fresh.revoke('refresh_token')
    await gone(fresh.token.access_token)
  })
})
