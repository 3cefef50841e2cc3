package issuer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/internal/strictjson"
	"github.com/holdfast-go/holdfast/jwt"
)

// verdict is what an answer says of a token.
type verdict struct {
	claims  Claims
	refusal error // why the token is not good
}

// answer is the members of an introspection's answer that are read (RFC 7662
// section 2.2).
type answer struct {
	Claims
	notBefore time.Time
}

// judge reads an answer and decides by it. An error means that the answer
// cannot be understood, and so says nothing.
func (c *IntrospectionConfig) judge(text string) (verdict, error) {
	set, err := readClaimSet(text)
	if err != nil {
		return verdict{}, err
	}
	switch set["active"] {
	case "true":
	case "false":
		return verdict{refusal: ErrInactive}, nil
	default: // also of "true" in quotes
		return verdict{}, errors.New("its member active is not true or false")
	}
	a, err := set.answer()
	if err != nil {
		return verdict{}, err
	}
	if err := a.complete(set, text, c.RolesClaim); err != nil {
		return verdict{}, err
	}
	if err := c.refuse(a, set); err != nil {
		return verdict{refusal: err}, nil
	}
	return verdict{claims: a.Claims}, nil
}

// refuse says why an active token is not good here.
func (c *IntrospectionConfig) refuse(a answer, set claimSet) error {
	now := c.Now()
	switch {
	case !a.Expiry.IsZero() && !now.Before(a.Expiry.Add(c.Leeway)):
		return fmt.Errorf("%w %v ago; clocks may differ by %v", jwt.ErrExpired, now.Sub(a.Expiry).Round(time.Second), c.Leeway)
	case now.Before(a.notBefore.Add(-c.Leeway)):
		return fmt.Errorf("%w for another %v; clocks may differ by %v", jwt.ErrNotYetValid, a.notBefore.Sub(now).Round(time.Second), c.Leeway)
	case c.Issuer != "" && a.Issuer != "" && a.Issuer != c.Issuer:
		return fmt.Errorf("%w: %q", jwt.ErrIssuer, a.Issuer)
	case !c.InsecureNoAudience && !slices.Contains(a.Audience, c.Audience):
		return fmt.Errorf("%w: the answer has %q", jwt.ErrAudience, a.Audience)
	}
	return notOther(set)
}

func (s claimSet) answer() (a answer, err error) {
	for name, into := range map[string]*string{"iss": &a.Issuer, "sub": &a.Subject, "jti": &a.ID, "sid": &a.SessionID} {
		if *into, err = s.text(name); err != nil {
			return answer{}, err
		}
	}
	for name, into := range map[string]*time.Time{"exp": &a.Expiry, "iat": &a.IssuedAt, "nbf": &a.notBefore} {
		if *into, err = s.date(name); err != nil {
			return answer{}, err
		}
	}
	value, ok := s["aud"]
	if !ok {
		return a, nil
	}
	if one, ok := strictjson.String(value); ok {
		a.Audience = []string{one}
		return a, nil
	}
	if a.Audience, ok = strictjson.Strings(value); !ok {
		return answer{}, errors.New("aud is neither a string nor a list of strings")
	}
	return a, nil
}

// date reads seconds since 1970; the zero Time if they are not there.
func (s claimSet) date(name string) (time.Time, error) {
	value, ok := s[name]
	if !ok {
		return time.Time{}, nil
	}
	const last = 253402300799 // the end of the year 9999
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || seconds < 0 || seconds > last {
		return time.Time{}, fmt.Errorf("%s is not a date", name)
	}
	return time.Unix(int64(math.Floor(seconds)), 0).UTC(), nil
}
