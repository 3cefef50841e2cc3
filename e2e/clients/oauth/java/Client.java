import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.crypto.Ed25519Verifier;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.oauth2.sdk.*;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.AccessToken;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.oauth2.sdk.token.Tokens;
import com.nimbusds.oauth2.sdk.util.JSONObjectUtils;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URL;
import java.util.Map;
import java.util.Set;
import net.minidev.json.JSONObject;

/** A client with Nimbus. See README.md beside for what it prints. */
public class Client {
	static final String issuer = System.getenv("ISSUER");
	static final ClientID id = new ClientID(System.getenv("CLIENT_ID"));
	static final ClientAuthentication login = new ClientSecretBasic(id, new Secret(System.getenv("CLIENT_SECRET")));
	static final URI redirect = URI.create(System.getenv("REDIRECT_URI"));
	static final Scope scope = Scope.parse(System.getenv("SCOPE"));
	static String trying = "discover";

	public static void main(String[] args) {
		try {
			run();
		} catch (Exception err) {
			say(Map.of("step", "refused", "at", trying, "why", String.valueOf(err)));
			System.exit(3);
		}
	}

	static void run() throws Exception {
		AuthorizationServerMetadata server = AuthorizationServerMetadata.resolve(new Issuer(issuer));
		did(Map.of());

		trying = "code";
		Tokens grant = redeem(server);
		did(Map.of());

		trying = "validate";
		validate(server, grant.getAccessToken());
		did(Map.of());
		me(grant.getAccessToken());

		trying = "refresh";
		Tokens fresh = ask(server, new RefreshTokenGrant(grant.getRefreshToken()), null);
		if (fresh.getRefreshToken() == null || fresh.getRefreshToken().equals(grant.getRefreshToken())) {
			throw new Exception("the refresh token has not changed");
		}
		did(Map.of());
		me(fresh.getAccessToken());

		trying = "machine";
		AccessToken machine = ask(server, new ClientCredentialsGrant(), scope).getAccessToken();
		validate(server, machine);
		did(Map.of("token", machine.getValue()));

		trying = "introspect";
		var about = TokenIntrospectionResponse.parse(
			new TokenIntrospectionRequest(server.getIntrospectionEndpointURI(), login, fresh.getAccessToken()).toHTTPRequest().send());
		if (!about.indicatesSuccess() || !about.toSuccessResponse().isActive() || !id.equals(about.toSuccessResponse().getClientID())) {
			throw new Exception(about.toHTTPResponse().getBody());
		}
		did(Map.of());

		trying = "revoke";
		new TokenRevocationRequest(server.getRevocationEndpointURI(), login, fresh.getRefreshToken())
			.toHTTPRequest().send().ensureStatusCode(200);
		api(fresh.getAccessToken()).ensureStatusCode(401);
		did(Map.of());
	}

	/** redeem has the person sign in, and gets tokens for the code. */
	static Tokens redeem(AuthorizationServerMetadata server) throws Exception {
		State state = new State();
		CodeVerifier verifier = new CodeVerifier();
		var request = new AuthorizationRequest.Builder(ResponseType.CODE, id)
			.endpointURI(server.getAuthorizationEndpointURI()).redirectionURI(redirect).scope(scope).state(state)
			.codeChallenge(verifier, CodeChallengeMethod.S256).build();
		say(Map.of("step", "authorize", "url", request.toURI().toString()));
		String line = new BufferedReader(new InputStreamReader(System.in)).readLine();
		AuthorizationResponse response = AuthorizationResponse.parse(URI.create(line));
		if (!state.equals(response.getState())) {
			throw new Exception("the state is another");
		}
		if (!response.indicatesSuccess()) {
			throw new Exception(response.toErrorResponse().getErrorObject().getCode());
		}
		return ask(server, new AuthorizationCodeGrant(response.toSuccessResponse().getAuthorizationCode(), redirect, verifier), null);
	}

	/** ask gets tokens. */
	static Tokens ask(AuthorizationServerMetadata server, AuthorizationGrant grant, Scope scope) throws Exception {
		var request = new TokenRequest.Builder(server.getTokenEndpointURI(), login, grant);
		if (scope != null) {
			request.scope(scope);
		}
		TokenResponse response = TokenResponse.parse(request.build().toHTTPRequest().send());
		if (!response.indicatesSuccess()) {
			throw new Exception(response.toErrorResponse().getErrorObject().toJSONObject().toString());
		}
		return response.toSuccessResponse().getTokens();
	}

	/** validate looks at a token as a resource server does, by RFC 9068. */
	static void validate(AuthorizationServerMetadata server, AccessToken token) throws Exception {
		SignedJWT jwt = SignedJWT.parse(token.getValue());
		new DefaultJOSEObjectTypeVerifier<>(new JOSEObjectType("at+jwt")).verify(jwt.getHeader().getType(), null);
		JWK key = JWKSet.load(server.getJWKSetURI().toURL()).getKeyByKeyId(jwt.getHeader().getKeyID());
		if (key == null || !jwt.verify(new Ed25519Verifier(key.toPublicJWK().toOctetKeyPair()))) {
			throw new Exception("the signature is not the server's");
		}
		new DefaultJWTClaimsVerifier<>(System.getenv("AUDIENCE"),
			new JWTClaimsSet.Builder().issuer(issuer).claim("client_id", id.getValue()).build(),
			Set.of("exp", "iat", "sub", "jti")).verify(jwt.getJWTClaimsSet(), null);
	}

	/** me asks the API who the token is for. */
	static void me(AccessToken token) throws Exception {
		trying = "me";
		HTTPResponse answer = api(token);
		answer.ensureStatusCode(200);
		did(Map.of("name", JSONObjectUtils.getString(answer.getBodyAsJSONObject(), "name")));
	}

	static HTTPResponse api(AccessToken token) throws Exception {
		HTTPRequest get = new HTTPRequest(HTTPRequest.Method.GET, new URL(issuer + "/users/me"));
		get.setAuthorization(new BearerAccessToken(token.getValue()).toAuthorizationHeader());
		return get.send();
	}

	static void did(Map<String, String> more) {
		JSONObject line = new JSONObject();
		line.put("step", trying);
		line.putAll(more);
		say(line);
	}

	static void say(Map<String, ?> line) {
		System.out.println(new JSONObject(line).toJSONString());
		System.out.flush();
	}
}
