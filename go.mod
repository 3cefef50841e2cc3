module github.com/holdfast-go/holdfast

go 1.26.0

require (
	github.com/danielgtaylor/huma/v2 v2.39.0
	golang.org/x/crypto v0.58.0
)

require golang.org/x/sys v0.49.0 // indirect
