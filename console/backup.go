package console

import (
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
)

func (c *console) backups(*http.Request, caller) (page, error) {
	return page{"backup", "Backup", nil}, nil
}

// errCopying is told to who wants a backup while one is made: each takes as much of the
// disk as the store does.
var errCopying = &holdfast.Error{
	Status: http.StatusServiceUnavailable, Detail: "A backup is being made: come again when it is done",
	RetryAfter: time.Minute,
}

// makeBackup sends a backup. That somebody has asked for it is recorded before it is made.
func (c *console) makeBackup(w http.ResponseWriter, r *http.Request, _ caller) error {
	if !c.copying.TryLock() {
		return errCopying
	}
	defer c.copying.Unlock()
	if err := c.accounts.RecordBackup(r.Context()); err != nil {
		return failure(err)
	}
	return c.backup(r.Context(), &download{ResponseWriter: w, name: "holdfast-" + c.now().UTC().Format("20060102-150405") + ".db"})
}

// download is an answer that browsers keep as a file. It begins with the first byte: an
// error before that is answered, and one after it breaks the connection off.
type download struct {
	http.ResponseWriter
	name  string
	begun bool
}

func (d *download) Write(data []byte) (int, error) {
	if !d.begun {
		d.begun = true
		h := d.Header()
		h.Set("Content-Type", "application/vnd.sqlite3")
		h.Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		_ = http.NewResponseController(d.ResponseWriter).Flush() // from here on each write has its own time, and not all of them together
	}
	return d.ResponseWriter.Write(data)
}
