module github.com/holdfast-go/holdfast

go 1.26

require github.com/danielgtaylor/huma/v2 v2.39.0
