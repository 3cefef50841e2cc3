// Package doctest has no code but tests: what the README and the pages in docs
// show is true.
//
//   - A console block is typed into a shell, in the order of the page, and what
//     is printed is compared; variables live on. … alone on a line stands for any lines, within a
//     line for any text. TestTheConsoleBlocksOnThePagesAreTrue has the list of
//     pages, with what is there before the first command.
//   - On such a page, a block of any language below a line that ends with a file's
//     name, as in "This is `main.go`:", is written to that file.
//   - Go is compiled: in such files, or all blocks of a page as one program.
//   - Links lead somewhere, tests that a page names exist, and no page is further than two clicks from the README.
package doctest
