// Package issuer is for a service that accepts tokens which another server
// issues: Holdfast's, Keycloak's, Microsoft Entra's, Auth0's, Zitadel's,
// Google's or any other that follows the standards.
//
// There are two ways to judge a token, and docs/issuers.md says which to take
// when:
//
//   - [Discover] finds the issuer's keys and verifies signed tokens in this
//     process. It sends no request for a token, so it is fast and goes on while
//     the issuer is down, and it does not learn of a log-out before the token
//     expires.
//   - [Introspect] asks the issuer about each token (RFC 7662) and remembers the
//     answer for a few seconds, which is how late a log-out is noticed.
//
// Both have a method Verify that is a verifier of the root package:
//
//	tokens, err := issuer.Discover(ctx, "https://auth.example.org", issuer.Config{Audience: "shop"})
//	…
//	who := holdfast.Verify(oauth, tokens.Verify)
//
// # What is trusted, and what is not
//
// The issuer is the one whose URL the program gives, compared letter for
// letter: a document or a token that names another is refused. Its answers are
// bounded in size and time. It is asked over https, unless it is on this very
// machine; redirects and addresses of private networks are refused, since a
// document that names them could make this process a client of its own
// network. Fields of [HTTP] allow each of these by name.
//
// Nothing that a caller sends is believed before its signature is verified.
// However many tokens name unknown keys, the key set is read again at most once
// in Config.LookAgain.
//
// # When the issuer cannot be asked
//
// A token that cannot be judged is neither good nor bad. Verify then returns an
// [*UnavailableError], which the root package answers with 503 and Retry-After,
// where a bad token is a 401. Nothing that fails lets a caller in.
package issuer
