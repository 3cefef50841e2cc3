package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/internal/tty"
	"github.com/holdfast-go/holdfast/keyring"
)

// keyCmd is `holdfast key`.
type keyCmd struct {
	List   keyList   `cmd:"" help:"List the signing keys and what they do when."`
	Rotate keyRotate `cmd:"" help:"Announce a new signing key, which takes over after --key-announce."`
	Retire keyRetire `cmd:"" help:"End a key in good order: its tokens stay good until they expire."`
	Export keyExport `cmd:"" help:"Print the public keys as a JWK set."`
}

type keyList struct {
	database
	tty.Listing
	State string `help:"Those that are announced, signing, verifying or gone." enum:"announced,signing,verifying,gone," default:"" placeholder:"announced|signing|verifying|gone"`
}

// keyJSON is a key as --json prints it. Moments that are not known are left
// out.
type keyJSON struct {
	ID        string     `json:"id"`
	Algorithm string     `json:"algorithm"`
	Stage     string     `json:"stage"`
	Announced time.Time  `json:"announced"`
	Signs     time.Time  `json:"signs"`
	Retires   *time.Time `json:"retires,omitempty"`
	Leaves    *time.Time `json:"leaves,omitempty"`
	Encrypted bool       `json:"encrypted"`
}

func keyToJSON(r keyring.Record, now time.Time) keyJSON {
	out := keyJSON{
		ID: r.ID, Algorithm: string(r.Algorithm), Stage: r.Term.At(now).String(),
		Announced: r.Term.Announced, Signs: r.Term.Signs, Encrypted: r.Sealed,
	}
	if leaves := r.Term.Leaves(); !leaves.IsZero() {
		out.Retires, out.Leaves = &r.Term.Retires, &leaves
	}
	return out
}

var keyTable = tty.Table[keyJSON]{
	Name: "keys", Head: "KEY\tALGORITHM\tSTAGE\tSIGNS FROM\tUNTIL\tLEAVES\tENCRYPTED",
	View: func(k keyJSON) any { return k },
	Row: func(k keyJSON) string {
		return row(k.ID, k.Algorithm, k.Stage, moment(&k.Signs), moment(k.Retires), moment(k.Leaves), yesNo(k.Encrypted))
	},
}

// Run lists the keys. No master key is needed for that.
func (c *keyList) Run(ctx context.Context, std streams) error {
	return c.withStoreThere(ctx, func(store store) error {
		records, err := keyring.List(ctx, store)
		list := make([]keyJSON, len(records))
		for i, r := range records {
			list[i] = keyToJSON(r, now())
		}
		return keyTable.Print(std.out, c.Listing, tty.All(list, err), func(k keyJSON) bool { return c.State == "" || c.State == k.Stage })
	})
}

// withRing is withStoreThere, for the ring of keys.
func (m masterKey) withRing(ctx context.Context, d database, announce time.Duration, fn func(*keyring.Ring) error) error {
	return d.withStoreThere(ctx, func(store store) error {
		ring, err := m.openRing(ctx, keyring.Config{Store: store, Announce: announce})
		if err != nil {
			return err
		}
		return fn(ring)
	})
}

type keyRotate struct {
	database
	masterKey
	KeyAnnounce time.Duration `name:"key-announce" default:"24h" help:"How long a key is published before it signs."`
	Now         bool          `help:"Let the announced key, or a new one, sign at once: others may have to fetch the published keys again."`
	JSON        bool          `name:"json" help:"Print JSON."`
}

// Run rotates.
func (c *keyRotate) Run(ctx context.Context, std streams) error {
	return c.withRing(ctx, c.database, c.KeyAnnounce, func(ring *keyring.Ring) error {
		rotate := ring.Rotate
		if c.Now {
			rotate = ring.RotateNow
		}
		next, err := rotate(ctx)
		if errors.Is(err, keyring.ErrAnnounced) {
			err = fmt.Errorf("%w; --now lets it sign at once", err)
		}
		if err != nil {
			return err
		}
		return c.print(std, next)
	})
}

func (c *keyRotate) print(std streams, next keyring.Record) error {
	if c.JSON {
		return printJSON(std.out, keyToJSON(next, now()))
	}
	fmt.Fprintf(std.out, "%s signs from %s\n", next.ID, moment(&next.Term.Signs))
	return nil
}

type keyRetire struct {
	database
	masterKey
	sure
	ID     string `arg:"" help:"The key, as 'holdfast key list' shows it."`
	Revoke bool   `help:"Somebody else may have the key: refuse all of its tokens at once."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Run retires or revokes the key.
func (c *keyRetire) Run(ctx context.Context, std streams) error {
	return c.withRing(ctx, c.database, 0, func(ring *keyring.Ring) error {
		retire := ring.Retire
		if c.Revoke {
			retire = ring.Revoke
			if err := c.confirm(ctx, std, "Revoke the key "+c.ID+"? Every token that it signed is refused from then on."); err != nil {
				return err
			}
		}
		last, err := retire(ctx, c.ID)
		if errors.Is(err, keyring.ErrVerifying) {
			err = fmt.Errorf("%w; --revoke refuses its tokens at once", err)
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.out, map[string]any{"retired": c.ID, "revoked": c.Revoke, "next": keyToJSON(last, now())})
		}
		what := "retires; its tokens stay good until they expire"
		if c.Revoke {
			what = "is revoked, with every token that it signed"
		}
		fmt.Fprintf(std.out, "%s %s\n%s signs from %s\n", c.ID, what, last.ID, moment(&last.Term.Signs))
		return nil
	})
}

type keyExport struct {
	database
	masterKey
}

// Run prints the public keys, as the server publishes them.
func (c *keyExport) Run(ctx context.Context, std streams) error {
	return c.withRing(ctx, c.database, 0, func(ring *keyring.Ring) error {
		set, err := ring.PublicSet(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "%s\n", set)
		return nil
	})
}
