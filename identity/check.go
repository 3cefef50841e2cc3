package identity

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
)

// StoreCheck is what CheckStore has found.
type StoreCheck struct {
	Keys      int  `json:"keys"`      // that sign
	Secrets   int  `json:"secrets"`   // others
	Encrypted int  `json:"encrypted"` // of both
	Locked    bool `json:"locked"`    // they are encrypted and no master key was given: not looked at

	Audit *account.AuditReport `json:"audit,omitempty"` // nil if it was not looked at

	Faults []string `json:"faults"`
}

// CheckStore reads what a store keeps as secrets, and walks over its audit trail:
// whether the master key opens them, and whether a record was changed, cut off or
// moved. It changes nothing. What is wrong is in the answer; the error is that the
// store cannot be read. A program may run on the store meanwhile.
func CheckStore(ctx context.Context, config Config) (c StoreCheck, err error) {
	if err := config.complete(); err != nil {
		return c, err
	}
	c.Faults = []string{}
	if _, err := config.Store.Keys(ctx); err != nil {
		return c, err
	}
	c.Keys, c.Encrypted, err = keyring.Check(ctx, config.Store, config.Keys.Master)
	c.note("signing keys", err)
	var trail account.AuditKey
	for _, name := range []string{loginKeySetting, auditSetting} {
		stored, err := config.Store.Setting(ctx, name)
		if err != nil {
			return c, err
		}
		key, err := c.secret(config.Keys, name, stored)
		c.note("the setting "+name, err)
		if name == auditSetting {
			trail = account.AuditKey(key)
		}
	}
	if c.Locked || trail == (account.AuditKey{}) {
		return c, nil
	}
	report, err := account.NewAuditTrail(config.Store, trail, config.Now).Verify(ctx, "")
	if err != nil {
		return c, err
	}
	c.Audit = &report
	if report.Fault != "" {
		c.Faults = append(c.Faults, "the audit trail is not whole: "+report.Fault)
	}
	return c, nil
}

// note takes in what is wrong with a secret.
func (c *StoreCheck) note(what string, err error) {
	switch {
	case errors.Is(err, keyring.ErrSealed):
		c.Locked = true
	case err != nil:
		c.Faults = append(c.Faults, what+": "+err.Error())
	}
}

// secret opens a secret; the zero key for one that was not made yet.
func (c *StoreCheck) secret(keys Keys, name, stored string) (key [32]byte, err error) {
	if stored == "" {
		return key, nil
	}
	c.Secrets++
	if strings.HasPrefix(stored, sealedMark) {
		c.Encrypted++
	}
	text, fine, err := keys.open(name, stored)
	if err == nil && !fine {
		err = errors.New("it is not encrypted with the master key; a server encrypts it when it starts")
	}
	data, bad := hex.DecodeString(text)
	if err == nil && (bad != nil || len(data) != len(key)) {
		err = errors.New("it is damaged")
	}
	if err != nil {
		return key, err
	}
	return [32]byte(data), nil
}

// WriteStoreCheck prints it.
func WriteStoreCheck(w io.Writer, c StoreCheck) error {
	kept := fmt.Sprintf("%d signing keys and %d others, %d encrypted", c.Keys, c.Secrets, c.Encrypted)
	if c.Locked {
		kept += "; not looked at: no master key was given"
	}
	trail := "not looked at"
	if c.Audit != nil {
		trail = fmt.Sprintf("%d records, from %d to %d, and %d unsealed; %s", c.Audit.Records, c.Audit.From, c.Audit.To, c.Audit.Unsealed, cmp.Or(c.Audit.Fault, "whole"))
	}
	_, err := fmt.Fprintf(w, "secrets   %s\naudit     %s\n", kept, trail)
	return err
}
