package holdfast

import "strings"

// OAuth2PasswordRequestForm is the form of a password login, as RFC 6749
// section 4.3.2 has it and FastAPI names it: take it as a handler's input. A
// grant_type may be left out.
type OAuth2PasswordRequestForm struct {
	GrantType    string `form:"grant_type" pattern:"^password$" doc:"password"`
	Username     string `form:"username" required:"true"`
	Password     string `form:"password" required:"true" format:"password"`
	Scope        string `form:"scope" doc:"Space-separated scopes"`
	ClientID     string `form:"client_id"`
	ClientSecret string `form:"client_secret" format:"password"`
}

// Scopes splits the form's scope field at white space.
func (f OAuth2PasswordRequestForm) Scopes() []string { return strings.Fields(f.Scope) }

// OAuth2PasswordRequestFormStrict is [OAuth2PasswordRequestForm] with the
// grant_type demanded, as the RFC does.
type OAuth2PasswordRequestFormStrict struct {
	GrantType    string `form:"grant_type" required:"true" pattern:"^password$" doc:"password"`
	Username     string `form:"username" required:"true"`
	Password     string `form:"password" required:"true" format:"password"`
	Scope        string `form:"scope" doc:"Space-separated scopes"`
	ClientID     string `form:"client_id"`
	ClientSecret string `form:"client_secret" format:"password"`
}

// Scopes splits the form's scope field at white space.
func (f OAuth2PasswordRequestFormStrict) Scopes() []string { return strings.Fields(f.Scope) }
