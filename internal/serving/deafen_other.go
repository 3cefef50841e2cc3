//go:build !linux

package serving

import "net"

// deafen does nothing here.
func deafen(net.Listener) bool { return false }

// waiting is not known here.
func waiting(net.Listener) int { return 0 }
