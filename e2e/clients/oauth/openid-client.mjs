// A client with openid-client, which sends its secret in the form.
import * as client from 'openid-client'
import { browse, changed, gone, id, issuer, main, redirect, scope, secret, step } from './talk.mjs'

await main(async () => {
  const config = await step('discover', () => client.discovery(new URL(issuer), id, undefined, client.ClientSecretPost(secret),
    { algorithm: 'oauth2', execute: [client.allowInsecureRequests] })) // the server is on the machine itself
  if (!config.serverMetadata().supportsPKCE()) {
    throw new Error('the server does not support S256') // as the library's examples do
  }

  const grant = await step('code', async () => {
    const verifier = client.randomPKCECodeVerifier()
    const state = client.randomState()
    const back = await browse(client.buildAuthorizationUrl(config, {
      redirect_uri: redirect, scope, state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    }))
    return client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state })
  })
  await me(config, grant.access_token)

  const fresh = await step('refresh', () => client.refreshTokenGrant(config, grant.refresh_token))
  changed(grant.refresh_token, fresh.refresh_token)
  await me(config, fresh.access_token)

  await step('machine', async () => {
    const { access_token: token } = await client.clientCredentialsGrant(config, { scope })
    return { said: { token } }
  })

  await step('introspect', async () => {
    const about = await client.tokenIntrospection(config, fresh.access_token)
    if (!about.active || about.client_id !== id) throw new Error(JSON.stringify(about))
  })

  await step('revoke', async () => {
    await client.tokenRevocation(config, fresh.refresh_token)
    await gone(fresh.access_token)
  })
})

function me(config, token) {
  return step('me', async () => {
    const answer = await client.fetchProtectedResource(config, token, new URL(`${issuer}/users/me`), 'GET')
    return { said: { name: (await answer.json()).name } }
  })
}
