package ratelimit

import (
	"context"
	"net/http"
	"time"
)

// writeGrace is how long the answer to a write is awaited after its context ended.
const writeGrace = 30 * time.Second

// awaited returns the request to be sent. That of a write does not end with its
// context, but a while later: cut off, it may be carried out when the caller has
// long looked whether it was. The caller calls release when the answer is read.
func awaited(req *http.Request) (_ *http.Request, release func()) {
	if isRead(req.Method) {
		return req, func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(req.Context()))
	stop := context.AfterFunc(req.Context(), func() {
		timer := time.AfterFunc(writeGrace, cancel)
		context.AfterFunc(ctx, func() { timer.Stop() })
	})
	return req.WithContext(ctx), func() {
		stop()
		cancel()
	}
}
