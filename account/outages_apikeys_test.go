package account_test

import (
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func (r reader) APIKey(id string) (account.APIKey, error) {
	return got(r.in.APIKey(id)).from(r.o, "APIKey")
}

func (r reader) APIKeyByHash(hash [32]byte) (account.APIKey, error) {
	return got(r.in.APIKeyByHash(hash)).from(r.o, "APIKeyByHash")
}

func (r reader) APIKeysOf(owner account.APIKeyOwner) ([]account.APIKey, error) {
	return got(r.in.APIKeysOf(owner)).from(r.o, "APIKeysOf")
}

func (w writer) PutAPIKey(key account.APIKey) error {
	return w.o.call("PutAPIKey", w.in.PutAPIKey(key))
}

func (w writer) ReplaceAPIKey(id string, ends time.Time, next account.APIKey) (bool, error) {
	return got(w.in.ReplaceAPIKey(id, ends, next)).from(w.o, "ReplaceAPIKey")
}

func (w writer) RemoveAPIKey(id string) error { return w.o.call("RemoveAPIKey", w.in.RemoveAPIKey(id)) }

func (w writer) RemoveAPIKeysBefore(owner account.APIKeyOwner, expiry time.Time) error {
	return w.o.call("RemoveAPIKeysBefore", w.in.RemoveAPIKeysBefore(owner, expiry))
}

func (w writer) UseAPIKeys(used map[string]time.Time) error {
	return w.o.call("UseAPIKeys", w.in.UseAPIKeys(used))
}
