package completion

import "github.com/alecthomas/kong"

// Of is a command of kong's as a shell completes it.
func Of(n *kong.Node) Command {
	out := Command{Name: n.Name, Help: n.Help}
	for _, flag := range n.Flags {
		if flag.Hidden {
			continue
		}
		one := Flag{Name: flag.Name, Help: flag.Help, Takes: !flag.IsBool()}
		if flag.Enum != "" {
			one.Values = flag.EnumSlice()
		}
		out.Flags = append(out.Flags, one)
	}
	for _, below := range n.Children {
		if !below.Hidden {
			out.Commands = append(out.Commands, Of(below))
		}
	}
	return out
}
