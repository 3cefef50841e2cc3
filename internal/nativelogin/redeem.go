package nativelogin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// redeem takes the code for tokens (RFC 6749 section 4.1.3).
func (f *flow) redeem(ctx context.Context, code string) (Tokens, error) {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {f.redirect},
		"client_id": {f.ClientID}, "code_verifier": {f.verifier},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.server.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return Tokens{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var got struct {
		Tokens
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	status, err := f.ask(request, &got)
	switch {
	case got.Error != "":
		return Tokens{}, refusal(got.Error, got.Description)
	case err != nil:
		return Tokens{}, err
	case status != http.StatusOK:
		return Tokens{}, fmt.Errorf("%s answers with %d", f.server.Token, status)
	case got.AccessToken == "" || !strings.EqualFold(got.TokenType, "Bearer"):
		return Tokens{}, errors.New("the server's answer has no bearer token")
	}
	return got.Tokens, nil
}

// ask sends a request and reads the JSON of the answer, up to a bound.
func (f *flow) ask(request *http.Request, into any) (status int, err error) {
	const most = 64 << 10
	request.Header.Set("Accept", "application/json")
	response, err := f.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	switch {
	case err != nil:
		return response.StatusCode, fmt.Errorf("%s: %w", request.URL, err)
	case len(body) > most:
		return response.StatusCode, fmt.Errorf("%s answers with more than %d bytes", request.URL, most)
	}
	if err := json.Unmarshal(body, into); err != nil && response.StatusCode == http.StatusOK {
		return response.StatusCode, fmt.Errorf("%s answers with something else than the JSON that is expected: %w", request.URL, err)
	}
	return response.StatusCode, nil
}
