package dav

import (
	"context"
	"net"
	"time"
)

// Dial connects to a server, for http.Transport. On systems that can, what comes in is
// acknowledged at once: Cyrus and others send an answer in two parts and wait for the
// acknowledgement of the first, which would otherwise take 40 ms each time.
func Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return prompt(conn), nil
}
