// The peer of bench/badrequests: npm's oidc-provider with the clients, scopes and
// resources that it reads as JSON from its standard input. It prints its address.
// There is one person, who is signed in, and who has agreed to everything but an
// application of their own machine: what is compared is the protocol, and not pages.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Provider, errors } from 'oidc-provider'

const { clients, scopes, resources } = JSON.parse(await text(process.stdin))
const server = createServer()
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients,
  scopes,
  claims: {},
  // The endpoints' paths are Holdfast's.
  routes: { authorization: '/authorize', token: '/token', revocation: '/revoke', introspection: '/introspect', jwks: '/.well-known/jwks.json' },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (_, client, token) => client.clientId === token.clientId },
    revocation: { enabled: true },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resources[0],
      useGrantedResource: () => true,
      getResourceServerInfo(_, resource) {
        if (!resources.includes(resource)) throw new errors.InvalidTarget()
        return { scope: scopes.join(' '), audience: resource, accessTokenFormat: 'opaque' }
      }
    }
  },
  enableHttpPostMethods: true,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  ttl: { AccessToken: 600, ClientCredentials: 600, AuthorizationCode: 60, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 600 },
  cookies: { keys: ['only for tests'], long: { sameSite: 'none' } }, // none is for POST
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // Pages say what is wrong as JSON too, so that it can be compared.
  async renderError(ctx, out) {
    ctx.type = 'html'
    ctx.body = `<!doctype html><title>${out.error}</title>`
  },
  async loadExistingGrant(ctx) {
    const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId })
    for (const resource of resources) grant.addResourceScope(resource, scopes.join(' '))
    grant.addOIDCScope(['openid', 'offline_access', ...scopes].join(' '))
    await grant.save()
    return grant
  }
})

const answer = provider.callback()
server.on('request', async (req, res) => {
  // GET /signin?account=ID is the person's: it finishes an interaction.
  if (req.url.startsWith('/interaction/') && req.headers['x-sign-in']) {
    await provider.interactionFinished(req, res, { login: { accountId: req.headers['x-sign-in'] } })
    return
  }
  answer(req, res)
})
console.log(`listening on ${issuer}`)
