package memory

import (
	"cmp"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func cloneCode(c account.Code) account.Code {
	c.Scopes, c.Audience = slices.Clone(c.Scopes), slices.Clone(c.Audience)
	return c
}

func (s *state) Code(hash [32]byte) (account.Code, error) {
	code, ok := s.codes[hash]
	if !ok {
		return account.Code{}, account.ErrNoCode
	}
	return cloneCode(code), nil
}

func (s *state) PutCode(code account.Code) error {
	if _, ok := s.users[code.UserID]; !ok {
		return account.ErrNoUser
	}
	s.codes[code.Hash] = cloneCode(code)
	return nil
}

func (s *state) UseCode(hash [32]byte, sessionID string) (code account.Code, won bool, err error) {
	code, err = s.Code(hash)
	if err != nil || code.SessionID != "" {
		return code, false, err
	}
	code.SessionID = sessionID
	s.codes[hash] = cloneCode(code)
	return code, true, nil
}

func (s *state) RemoveCode(hash [32]byte) error {
	delete(s.codes, hash)
	return nil
}

func (s *state) RemoveCodesBefore(expiry time.Time) error {
	return s.removeCodes(func(code account.Code) bool {
		_, used := s.sessions[code.SessionID]
		return !used && !code.Expires.After(expiry)
	})
}

func (s *state) RemoveCodesOf(userID, clientID string) error {
	return s.removeCodes(func(code account.Code) bool {
		return code.UserID == userID && code.ClientID == clientID && code.SessionID == ""
	})
}

func (s *state) removeCodes(gone func(account.Code) bool) error {
	for hash, code := range s.codes {
		if gone(code) {
			delete(s.codes, hash)
		}
	}
	return nil
}

func (s *state) RemoveSessionsOfClient(userID, clientID string) error {
	if _, ok := s.users[userID]; ok {
		s.log.tell(account.UserChanged, userID)
	}
	return s.removeSessions(func(one account.Session) bool { return one.UserID == userID && one.ClientID == clientID })
}

// grantee is a client of a user.
type grantee struct{ userID, clientID string }

func cloneConsent(c account.Consent) account.Consent {
	c.Scopes, c.Audience = slices.Clone(c.Scopes), slices.Clone(c.Audience)
	slices.Sort(c.Scopes)
	slices.Sort(c.Audience)
	return c
}

func (s *state) Consent(userID, clientID string) (account.Consent, error) {
	consent, ok := s.consents[grantee{userID, clientID}]
	if !ok {
		return account.Consent{}, account.ErrNoConsent
	}
	return cloneConsent(consent), nil
}

func (s *state) Consents(userID string) (out []account.Consent, err error) {
	for key, consent := range s.consents {
		if key.userID == userID {
			out = append(out, cloneConsent(consent))
		}
	}
	slices.SortFunc(out, func(a, b account.Consent) int { return cmp.Compare(a.ClientID, b.ClientID) })
	return out, nil
}

func (s *state) PutConsent(consent account.Consent) error {
	if _, ok := s.users[consent.UserID]; !ok {
		return account.ErrNoUser
	}
	s.consents[grantee{consent.UserID, consent.ClientID}] = cloneConsent(consent)
	return nil
}

func (s *state) RemoveConsent(userID, clientID string) error {
	delete(s.consents, grantee{userID, clientID})
	return nil
}

// forget takes away the codes and the consents of a user or of a client.
func (s *state) forget(of func(userID, clientID string) bool) {
	_ = s.removeCodes(func(code account.Code) bool { return of(code.UserID, code.ClientID) })
	for key := range s.consents {
		if of(key.userID, key.clientID) {
			delete(s.consents, key)
		}
	}
}
