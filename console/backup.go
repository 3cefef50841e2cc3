package console

import (
	"fmt"
	"io"
	"net/http"
	"os"
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

// makeBackup makes a backup, whole, before the first byte of it is sent. That somebody
// has asked for it is recorded before that.
func (c *console) makeBackup(w http.ResponseWriter, r *http.Request, _ caller) error {
	if !c.copying.TryLock() {
		return errCopying
	}
	defer c.copying.Unlock()
	if err := c.accounts.RecordBackup(r.Context()); err != nil {
		return failure(err)
	}
	file, err := os.CreateTemp("", "backup-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _, _ = file.Close(), os.Remove(file.Name()) }()
	if err := c.backup(r.Context(), file); err != nil {
		return err
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/vnd.sqlite3")
	h.Set("Content-Length", fmt.Sprint(size))
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="holdfast-%s.db"`, c.now().UTC().Format("20060102-150405")))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_ = http.NewResponseController(w).Flush() // from here on each write has its own time, and not all of them together
	_, _ = io.Copy(w, file)                   // who has left misses the rest
	return nil
}
