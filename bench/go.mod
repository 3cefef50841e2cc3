module github.com/holdfast-go/holdfast/bench

go 1.26.0

require github.com/holdfast-go/holdfast v0.0.0

require (
	github.com/danielgtaylor/huma/v2 v2.39.0 // indirect
	github.com/go-jose/go-jose/v4 v4.1.9 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/holdfast-go/holdfast => ../
