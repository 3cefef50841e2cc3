package attempts

import "net/netip"

// Network is one that an address belongs to, and how many wrong passwords may come
// from it.
type Network struct {
	Text string
	Most Allowance
}

// NetworksOf returns the networks of an address, the narrowest first: a person has
// all of a /64 in IPv6. What is no address is a network of its own, and the empty
// text none.
func NetworksOf(address string) []Network {
	addr, err := netip.ParseAddr(address)
	switch {
	case address == "":
		return nil
	case err != nil:
		return []Network{{address, perAddress}}
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return []Network{{addr.String(), perAddress}, {within(addr, 24), per24}}
	}
	return []Network{{within(addr, 64), perAddress}, {within(addr, 56), per56}, {within(addr, 48), per48}}
}

func within(addr netip.Addr, bits int) string { return netip.PrefixFrom(addr, bits).Masked().String() }
