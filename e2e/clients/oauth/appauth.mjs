// A client with AppAuth: a public one, as on a phone or a desktop. Its browser
// tells us where it was sent, and we go there, where AppAuth listens.
import { register } from 'node:module'
import { browse, changed, gone, id, main, me, metadata, redirect, scope, step } from './talk.mjs'

register('./appauth-hooks.mjs', import.meta.url)
const { AuthorizationNotifier, AuthorizationRequest, AuthorizationServiceConfiguration, BaseTokenRequestHandler, RevokeTokenRequest, setFlag, TokenRequest } = await import('@openid/appauth')
const { NodeBasedHandler, NodeCrypto, NodeRequestor } = await import('@openid/appauth/built/src/node_support/index.js')

setFlag('IS_LOG', false) // it would write among our lines
globalThis.openBrowser = async (url) => fetch(await browse(url)) // what appauth-hooks.mjs puts for the package opener

// An answer that is no JSON is one for which NodeRequestor waits for ever.
class Requestor extends NodeRequestor {
  xhr(settings) {
    const late = new Promise((_, reject) => setTimeout(reject, 10_000, new Error('the library never answers')).unref())
    return Promise.race([super.xhr(settings), late])
  }
}

await main(async () => {
  const config = await step('discover', async () => new AuthorizationServiceConfiguration(await metadata()))
  const tokens = new BaseTokenRequestHandler(new Requestor())

  const grant = await step('code', async () => {
    const notifier = new AuthorizationNotifier()
    const handler = new NodeBasedHandler(Number(new URL(redirect).port))
    handler.setAuthorizationNotifier(notifier)
    const request = new AuthorizationRequest({ client_id: id, redirect_uri: redirect, scope, response_type: 'code' }, new NodeCrypto())
    const [response, error] = await new Promise((done) => {
      notifier.setAuthorizationListener((_, response, error) => done([response, error]))
      handler.performAuthorizationRequest(config, request)
    })
    if (error) throw new Error(error.error)
    if (response.state !== request.state) throw new Error('the state is another')
    return tokens.performTokenRequest(config, new TokenRequest({
      client_id: id, redirect_uri: redirect, grant_type: 'authorization_code', code: response.code,
      extras: { code_verifier: request.internal.code_verifier },
    }))
  })
  await me(grant.accessToken)

  const fresh = await step('refresh', () => tokens.performTokenRequest(config, new TokenRequest({
    client_id: id, redirect_uri: redirect, grant_type: 'refresh_token', refresh_token: grant.refreshToken,
  })))
  changed(grant.refreshToken, fresh.refreshToken)
  await me(fresh.accessToken)

  await step('revoke', async () => {
    await tokens.performRevokeTokenRequest(config, new RevokeTokenRequest({ token: fresh.refreshToken, token_type_hint: 'refresh_token', client_id: id }))
    await gone(fresh.accessToken)
  })
})
