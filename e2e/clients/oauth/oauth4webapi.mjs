// A client with oauth4webapi, which signs in with a key of its own.
import * as oauth from 'oauth4webapi'
import { browse, changed, gone, id, issuer, key, main, redirect, scope, step } from './talk.mjs'

const insecure = { [oauth.allowInsecureRequests]: true } // the server is on the machine itself
const client = { client_id: id }

await main(async () => {
  const jwk = await key()
  const auth = oauth.PrivateKeyJwt({ kid: jwk.kid, key: await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']) })

  const as = await step('discover', async () => {
    const url = new URL(issuer)
    return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }))
  })
  if (!as.code_challenge_methods_supported?.includes('S256')) {
    throw new Error('the server does not support S256') // as the library's examples do
  }

  const grant = await step('code', async () => {
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const url = new URL(as.authorization_endpoint)
    url.search = new URLSearchParams({
      client_id: id, redirect_uri: redirect, response_type: 'code', scope, state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    })
    const params = oauth.validateAuthResponse(as, client, await browse(url), state)
    return oauth.processAuthorizationCodeResponse(as, client,
      await oauth.authorizationCodeGrantRequest(as, client, auth, params, redirect, verifier, insecure))
  })
  await step('validate', () => validate(as, grant.access_token))
  await me(grant.access_token)

  const fresh = await step('refresh', async () => oauth.processRefreshTokenResponse(as, client,
    await oauth.refreshTokenGrantRequest(as, client, auth, grant.refresh_token, insecure)))
  changed(grant.refresh_token, fresh.refresh_token)
  await me(fresh.access_token)

  await step('machine', async () => {
    const { access_token: token } = await oauth.processClientCredentialsResponse(as, client,
      await oauth.clientCredentialsGrantRequest(as, client, auth, { scope }, insecure))
    const claims = await validate(as, token)
    if (claims.sub !== id) throw new Error(`the machine is ${claims.sub}`)
    return { said: { token } }
  })

  await step('introspect', async () => {
    const about = await oauth.processIntrospectionResponse(as, client,
      await oauth.introspectionRequest(as, client, auth, fresh.access_token, insecure))
    if (!about.active || about.client_id !== id || about.iss !== issuer) throw new Error(JSON.stringify(about))
  })

  await step('revoke', async () => {
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, auth, fresh.refresh_token, insecure))
    await gone(fresh.access_token)
  })
})

// me asks the API who the token is for.
function me(token) {
  return step('me', async () => {
    const answer = await oauth.protectedResourceRequest(token, 'GET', new URL(`${issuer}/users/me`), undefined, undefined, insecure)
    return { said: { name: (await answer.json()).name } }
  })
}

// validate looks at a token as a resource server does, by RFC 9068.
function validate(as, token) {
  const request = new Request(`${issuer}/users/me`, { headers: { authorization: `Bearer ${token}` } })
  return oauth.validateJwtAccessToken(as, request, process.env.AUDIENCE, insecure)
}
