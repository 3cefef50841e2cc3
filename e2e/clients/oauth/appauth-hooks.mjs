// AppAuth is built for a bundler: its modules import each other without the ending
// of the file, which Node does not take. And where it opens a browser, this
// program asks the test, which is the browser.
const opener = 'data:text/javascript,export default (url) => globalThis.openBrowser(url)'

export async function resolve(specifier, context, next) {
  if (specifier === 'opener') return { url: opener, shortCircuit: true }
  const extensionless = context.parentURL?.includes('/@openid/appauth/') && specifier.startsWith('.') && !specifier.endsWith('.js')
  if (!extensionless) return next(specifier, context)
  try {
    return await next(`${specifier}.js`, context)
  } catch {
    return next(`${specifier}/index.js`, context)
  }
}
