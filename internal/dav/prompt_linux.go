package dav

import (
	"net"
	"syscall"
)

// promptConn acknowledges at once what it reads. The kernel forgets that it is to do so,
// and is told again before each read.
type promptConn struct {
	*net.TCPConn
	raw syscall.RawConn
}

func prompt(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	return promptConn{tcp, raw}
}

func (c promptConn) Read(b []byte) (int, error) {
	c.acknowledge()
	n, err := c.TCPConn.Read(b)
	c.acknowledge()
	return n, err
}

func (c promptConn) acknowledge() {
	_ = c.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
