package console

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/account/importer"
)

const (
	// maxImport is the most that the form of an import may have, in bytes: some 20,000
	// users. The command takes more.
	maxImport = 6 << 20

	// cutFor is for how long passwords are compared as another system has kept them.
	cutFor = 90 * 24 * time.Hour

	mostLinesShown = 200
)

// formatWords say what wrote a file, for people.
var formatWords = map[importer.Format]string{
	importer.PasslibCSV:   "CSV with the columns username and hash, perhaps email and disabled",
	importer.Django:       "Django: manage.py dumpdata auth.user",
	importer.FastAPIUsers: "fastapi-users: its user table as CSV, JSON or JSON lines",
}

// importOf is the form for a file of users, as it was sent, and what came of it.
type importOf struct {
	Formats, Roles []choice
	Cut            bool // the other system has cut passwords

	// Of the page after it.
	Format    importer.Format
	Given     []string // roles
	Report    importer.Report
	Lines     []importer.Refused // the first of those that were refused
	Broken    bool               // the file ends where it cannot be read on
	File      string             // the whole file, which the form after a dry run sends again
	BackTo    string
	Succeeded bool // it was done, and was no dry run
}

func (c *console) importForm(r *http.Request, _ caller) (page, error) {
	roles := []string{"user"}
	if r.Method == http.MethodPost {
		roles = r.PostForm["roles"]
	}
	out := importOf{Cut: r.PostForm.Get("cut") != ""}
	format := importer.Format(r.PostForm.Get("format"))
	for i, one := range importer.Formats() {
		out.Formats = append(out.Formats, choice{string(one), formatWords[one], one == format || format == "" && i == 0})
	}
	var err error
	out.Roles, err = c.roleChoices(r, roles)
	return page{"import", "Import users", out}, err
}

// importUsers says what an import would do, or does it. The page of a dry run has the
// whole file in its form: no server keeps it, so whichever answers next can do it.
func (c *console) importUsers(r *http.Request, _ caller) (done, error) {
	f := r.PostForm
	data, err := sentFile(r)
	if err != nil {
		return done{}, err
	}
	out := importOf{Format: importer.Format(f.Get("format")), Given: f["roles"], Cut: f.Get("cut") != "", Succeeded: f.Get("do") == "import"}
	if !slices.Contains(importer.Formats(), out.Format) || len(data) == 0 {
		return done{}, errNoFile
	}
	config := importer.Config{Format: out.Format, Roles: out.Given, DryRun: !out.Succeeded}
	if out.Cut {
		config.CutUntil = c.now().Add(cutFor)
	}
	out.Report, err = importer.Import(r.Context(), c.accounts, bytes.NewReader(data), config)
	if out.Broken = errors.Is(err, importer.ErrBroken); err != nil && !out.Broken {
		return done{}, err
	}
	out.Lines = out.Report.Refused[:min(len(out.Report.Refused), mostLinesShown)]
	title := "Users are imported"
	if !out.Succeeded {
		out.File, title = base64.StdEncoding.EncodeToString(data), "What the import would do"
	}
	return done{show: &page{"imported", title, out}}, nil
}

// sentFile is the file that a form brings, or has brought before.
func sentFile(r *http.Request) ([]byte, error) {
	if again := r.PostForm.Get("again"); again != "" {
		data, err := base64.StdEncoding.DecodeString(again)
		if err != nil {
			return nil, errNoFile
		}
		return data, nil
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return nil, errNoFile
	}
	defer func() { _ = file.Close() }() // it was only read
	return io.ReadAll(file)
}
