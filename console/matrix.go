package console

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/http"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/access"
)

// matrixOf is roles by routes: who may call what.
type matrixOf struct {
	Columns []column
	Rows    []matrixRow
}

type matrixRow struct {
	Route access.Route
	May   []bool // by columns
}

func (c *console) matrixOf(r *http.Request) (m matrixOf, err error) {
	d, err := c.document(r.Context())
	if err != nil {
		return m, err
	}
	m.Columns = columns(d)
	for _, route := range d.Routes {
		row := matrixRow{Route: route}
		for _, column := range m.Columns {
			row.May = append(row.May, route.Decide(column.as).Allowed)
		}
		m.Rows = append(m.Rows, row)
	}
	return m, nil
}

func (c *console) matrix(r *http.Request, _ caller) (page, error) {
	m, err := c.matrixOf(r)
	return page{"matrix", "Roles and routes", m}, err
}

// exports are the forms in which the matrix leaves.
var exports = map[string]struct {
	mediaType string
	write     func(matrixOf) string
}{
	"matrix.csv": {"text/csv; charset=utf-8", matrixOf.csv},
	"matrix.md":  {"text/markdown; charset=utf-8", matrixOf.markdown},
	"matrix.svg": {"image/svg+xml", matrixOf.svg},
}

func (c *console) exportMatrix(w http.ResponseWriter, r *http.Request, _ caller) error {
	export, ok := exports[r.PathValue("file")]
	if !ok {
		return holdfast.Errorf(http.StatusNotFound, "There is no such export: matrix.csv, matrix.md and matrix.svg there are")
	}
	m, err := c.matrixOf(r)
	if err != nil {
		return failure(err)
	}
	h := w.Header()
	h.Set("Content-Type", export.mediaType)
	h.Set("Content-Disposition", `attachment; filename="`+r.PathValue("file")+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(export.write(m)))
	return err
}

// csv is the matrix for spreadsheets. A cell that such a program would take for a
// formula begins with an apostrophe.
func (m matrixOf) csv() string {
	var out strings.Builder
	w := csv.NewWriter(&out)
	head := []string{"method", "path", "who may call"}
	for _, one := range m.Columns {
		head = append(head, plain(one.Name))
	}
	_ = w.Write(head) // a Builder fails never
	for _, row := range m.Rows {
		line := []string{plain(row.Route.Method), plain(row.Route.Path), plain(row.Route.Policy)}
		for _, may := range row.May {
			line = append(line, said(may, "yes", "no"))
		}
		_ = w.Write(line)
	}
	w.Flush()
	return out.String()
}

func plain(cell string) string {
	if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
		return "'" + cell
	}
	return cell
}

func (m matrixOf) markdown() string {
	var out strings.Builder
	out.WriteString("| Route |")
	for _, one := range m.Columns {
		out.WriteString(" " + escapedCell(one.Name) + " |")
	}
	out.WriteString("\n|---|" + strings.Repeat("---|", len(m.Columns)) + "\n")
	for _, row := range m.Rows {
		out.WriteString("| `" + escapedCell(row.Route.Name()) + "` |")
		for _, may := range row.May {
			out.WriteString(said(may, " ✓ |", " |"))
		}
		out.WriteString("\n")
	}
	return out.String()
}

func escapedCell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// The measures of the picture.
const (
	svgRow   = 22
	svgCell  = 92
	svgRoute = 420
	svgHead  = 34
)

// svg is the matrix as a picture that can be printed: a dot where a caller may.
func (m matrixOf) svg() string {
	width, height := svgRoute+svgCell*len(m.Columns), svgHead+svgRow*len(m.Rows)+8
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="13" role="img"><title>Who may call what</title><rect width="100%%" height="100%%" fill="#ffffff"/>`, width, height, width, height)
	for i, one := range m.Columns {
		fmt.Fprintf(&out, `<text x="%d" y="20" text-anchor="middle" font-weight="600" fill="#1b1f24">%s</text>`, svgRoute+svgCell*i+svgCell/2, html.EscapeString(shortened(one.Name, 13)))
	}
	for n, row := range m.Rows {
		y := svgHead + svgRow*n
		if n%2 == 0 {
			fmt.Fprintf(&out, `<rect y="%d" width="%d" height="%d" fill="#f3f4f6"/>`, y, width, svgRow)
		}
		fmt.Fprintf(&out, `<text x="8" y="%d" font-family="monospace" fill="#1b1f24">%s</text>`, y+15, html.EscapeString(shortened(row.Route.Name(), 52)))
		for i, may := range row.May {
			if may {
				fmt.Fprintf(&out, `<circle cx="%d" cy="%d" r="5" fill="#1b5e3f"/>`, svgRoute+svgCell*i+svgCell/2, y+svgRow/2)
			}
		}
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// shortened is a text of so many characters at most.
func shortened(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}
