package ratelimit

import (
	"bytes"
	"io"
	"net/http"
)

func hasBody(req *http.Request) bool { return req.Body != nil && req.Body != http.NoBody }

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// uploadOf returns what of the upload budget a request takes. A body of unknown
// length takes nothing.
func uploadOf(req *http.Request) int64 {
	switch req.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return max(req.ContentLength, 0)
	}
	return 0
}

// holdSlot calls leave when the body of the response has been read to its end or
// is closed.
func holdSlot(resp *http.Response, leave func()) {
	if resp.Body == nil || resp.Body == http.NoBody {
		resp.Body = http.NoBody
		leave()
		return
	}
	resp.Body = &slotBody{resp.Body, leave}
}

type slotBody struct {
	io.ReadCloser
	leave func()
}

func (b *slotBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.leave()
	}
	return n, err
}

func (b *slotBody) Close() error {
	defer b.leave()
	return b.ReadCloser.Close()
}

// readBody reads the body of a response into buf, or into more memory, and closes it.
func readBody(resp *http.Response, buf []byte, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	if resp.ContentLength > limit {
		return nil, ErrTooLarge
	}
	body := bytes.NewBuffer(buf[:0])
	body.Grow(int(max(resp.ContentLength, 0)) + bytes.MinRead) // room to find the end without growing again
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, limit+1)); err != nil {
		return nil, err
	}
	if int64(body.Len()) > limit {
		return nil, ErrTooLarge
	}
	return body.Bytes(), nil
}
