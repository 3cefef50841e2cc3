//! A client with the crate oauth2. See README.md beside for what it prints.

use std::{env, error::Error, fmt, io, process};

use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AccessToken, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IntrospectionUrl, PkceCodeChallenge, RedirectUrl, RefreshToken, RevocationUrl,
    Scope, TokenIntrospectionResponse, TokenResponse, TokenUrl,
};
use serde_json::{json, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The step that was tried, for when it fails.
struct Failed(&'static str, Box<dyn Error>);

fn main() {
    if let Err(Failed(at, err)) = run() {
        let mut why = err.to_string();
        let mut cause = err.source();
        while let Some(err) = cause {
            why = format!("{why}: {err}");
            cause = err.source();
        }
        println!("{}", json!({"step": "refused", "at": at, "why": why}));
        process::exit(3);
    }
}

fn run() -> std::result::Result<(), Failed> {
    let metadata: Value = step("discover", || {
        let address = format!("{}/.well-known/oauth-authorization-server", var("ISSUER"));
        Ok(serde_json::from_str(get(&address, None)?.as_str()?)?)
    })?;
    let endpoint = |name: &str| metadata[name].as_str().unwrap_or_default().to_string();
    let client = BasicClient::new(ClientId::new(var("CLIENT_ID")))
        .set_client_secret(ClientSecret::new(var("CLIENT_SECRET")))
        .set_auth_uri(AuthUrl::new(endpoint("authorization_endpoint")).map_err(at("discover"))?)
        .set_token_uri(TokenUrl::new(endpoint("token_endpoint")).map_err(at("discover"))?)
        .set_redirect_uri(RedirectUrl::new(var("REDIRECT_URI")).map_err(at("discover"))?)
        // The crate revokes over https alone, also on the machine itself: see send.
        .set_revocation_url(RevocationUrl::new(endpoint("revocation_endpoint").replace("http://", "https://")).map_err(at("discover"))?)
        .set_introspection_url(IntrospectionUrl::new(endpoint("introspection_endpoint")).map_err(at("discover"))?);
    let scopes = || env::var("SCOPE").unwrap_or_default().split(' ').map(|s| Scope::new(s.to_string())).collect::<Vec<_>>();

    let grant: BasicTokenResponse = step("code", || {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = client.authorize_url(CsrfToken::new_random).add_scopes(scopes()).set_pkce_challenge(challenge).url();
        let code = browse(url.as_str(), state.secret())?;
        Ok(client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier).request(&send)?)
    })?;
    me(grant.access_token())?;

    let fresh: BasicTokenResponse = step("refresh", || {
        let old = grant.refresh_token().ok_or("there is no refresh token")?;
        let fresh: BasicTokenResponse = client.exchange_refresh_token(old).request(&send)?;
        if fresh.refresh_token().map(RefreshToken::secret) == Some(old.secret()) {
            return Err("the refresh token has not changed".into());
        }
        Ok(fresh)
    })?;
    me(fresh.access_token())?;

    machine(client.exchange_client_credentials().add_scopes(scopes()).request(&send).map_err(at("machine"))?);

    step("introspect", || {
        let about = client.introspect(fresh.access_token()).request(&send)?;
        if !about.active() || about.client_id().map(|id| id.to_string()) != Some(var("CLIENT_ID")) {
            return Err(format!("{about:?}").into());
        }
        Ok(())
    })?;

    step("revoke", || {
        let token = fresh.refresh_token().ok_or("there is no refresh token")?.clone();
        client.revoke_token(token.into())?.request(&send)?;
        match get(&format!("{}/users/me", var("ISSUER")), Some(fresh.access_token()))?.status_code {
            401 => Ok(()),
            status => Err(format!("the API answers {status} after the revocation").into()),
        }
    })?;
    Ok(())
}

fn machine(grant: BasicTokenResponse) {
    println!("{}", json!({"step": "machine", "token": grant.access_token().secret()}));
}

/// me asks the API who the token is for.
fn me(token: &AccessToken) -> std::result::Result<(), Failed> {
    let answer = get(&format!("{}/users/me", var("ISSUER")), Some(token)).map_err(|err| Failed("me", err))?;
    if answer.status_code != 200 {
        return Err(Failed("me", format!("the API answers {}", answer.status_code).into()));
    }
    let person: Value = serde_json::from_slice(answer.as_bytes()).map_err(at("me"))?;
    println!("{}", json!({"step": "me", "name": person["name"]}));
    Ok(())
}

/// browse has the person sign in at the address, and returns the code that came back.
fn browse(url: &str, state: &str) -> Result<String> {
    println!("{}", json!({"step": "authorize", "url": url}));
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let back = oauth2::url::Url::parse(line.trim())?;
    let value = |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    if value("state").as_deref() != Some(state) {
        return Err("the state is another".into());
    }
    value("code").ok_or_else(|| value("error").unwrap_or_default().into())
}

fn step<T>(name: &'static str, run: impl FnOnce() -> Result<T>) -> std::result::Result<T, Failed> {
    let value = run().map_err(|err| Failed(name, err))?;
    println!("{}", json!({ "step": name }));
    Ok(value)
}

fn at<E: Error + 'static>(name: &'static str) -> impl Fn(E) -> Failed {
    move |err| Failed(name, err.into())
}

fn var(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn get(url: &str, token: Option<&AccessToken>) -> Result<minreq::Response> {
    let mut request = minreq::get(url).with_timeout(30);
    if let Some(token) = token {
        request = request.with_header("Authorization", format!("Bearer {}", token.secret()));
    }
    Ok(request.send()?)
}

/// send is the HTTP client that the crate uses. It follows no redirect, as the
/// crate's documentation wants it. The server is on the machine itself, without TLS.
fn send(request: HttpRequest) -> std::result::Result<HttpResponse, Unsent> {
    let mut post = minreq::post(request.uri().to_string().replace("https://", "http://")).with_timeout(30).with_max_redirects(0);
    for (name, value) in request.headers() {
        post = post.with_header(name.as_str(), value.to_str().map_err(|err| Unsent(err.to_string()))?);
    }
    let answer = post.with_body(request.into_body()).send().map_err(|err| Unsent(err.to_string()))?;
    let mut response = oauth2::http::Response::builder().status(answer.status_code as u16);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(answer.into_bytes()).map_err(|err| Unsent(err.to_string()))
}

#[derive(Debug)]
struct Unsent(String);

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Unsent {}
