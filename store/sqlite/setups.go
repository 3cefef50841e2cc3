package sqlite

import "github.com/holdfast-go/holdfast/account"

func scanSetup(row scanner) (setup account.PendingSetup, err error) {
	var hash []byte
	var expires int64
	if err := row.Scan(&hash, &expires); err != nil {
		return setup, err
	}
	setup.Expires = date(expires)
	setup.SecretHash, err = sum(hash)
	return setup, err
}

func (t *tx) PendingSetup(secretHash [32]byte) (account.PendingSetup, error) {
	return one(t, account.ErrBadSetup, scanSetup, "SELECT secret_hash, expires FROM setups WHERE secret_hash = ?", secretHash[:])
}

func (t *tx) PutPendingSetup(setup account.PendingSetup) error {
	err := t.exec(`
		INSERT INTO setups (secret_hash, expires) VALUES (?, ?)
		ON CONFLICT (secret_hash) DO UPDATE SET expires = excluded.expires`, setup.SecretHash[:], setup.Expires.UnixMilli())
	if err != nil {
		return err
	}
	return t.exec(`
		DELETE FROM setups WHERE secret_hash <> ?1 AND secret_hash NOT IN
			(SELECT secret_hash FROM setups WHERE secret_hash <> ?1 ORDER BY expires DESC, secret_hash LIMIT ?2)`,
		setup.SecretHash[:], account.MaxPendingSetups-1)
}

func (t *tx) RemovePendingSetups() error { return t.exec("DELETE FROM setups") }
