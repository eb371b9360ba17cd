package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// call is one request with all its tries.
type call struct {
	client         *Client
	req            *http.Request
	limit          int64  // of the body to be read here; -1: the caller reads it
	buf            []byte // to read it into
	sent           int
	tries          int // without throttled ones
	throttledSince time.Time
}

// outcome is what came of one try.
type outcome struct {
	resp  *http.Response
	wait  time.Duration // for which the answer asks
	named bool          // it asks for one
	own   time.Duration // for which this request alone is held up
	body  []byte
	err   error
}

// verdict says what to do after a try.
type verdict struct {
	again bool
	pause time.Duration // before it, beside what the gate makes it wait
	fresh bool          // on a new connection
	err   error         // instead of the outcome
}

func (c *call) do() (*http.Response, []byte, error) {
	for {
		out, err := c.try()
		if err != nil {
			return nil, nil, err
		}
		v := c.judge(out)
		if v.err == nil && !v.again {
			return out.resp, out.body, out.err
		}
		out.discard()
		if v.err != nil {
			return nil, nil, v.err
		}
		if v.fresh {
			c.closeIdle()
		}
		if err := sleep(c.req.Context(), v.pause); err != nil {
			return nil, nil, err
		}
		c.client.gate.retried(v.pause)
	}
}

// try sends the request once. An error means that it was not sent.
func (c *call) try() (outcome, error) {
	gate := c.client.gate
	ticket, err := gate.enter(c.req.Context(), uploadOf(c.req))
	if err != nil {
		if c.sent == 0 {
			closeBody(c.req)
		}
		return outcome{}, err
	}
	req, err := c.request()
	if err != nil {
		gate.answer(ticket, nothing, 0)
		gate.leave(ticket)
		return outcome{}, err
	}
	c.sent++
	req, release := awaited(req)
	var out outcome
	out.resp, out.err = c.client.next.Do(req)
	if out.err != nil {
		release()
		gate.answer(ticket, nothing, 0)
		gate.leave(ticket)
		return outcome{err: out.err}, nil
	}
	out.wait, out.named = retryAfter(out.resp.Header, time.Now())
	if limits, ok := statedLimits(out.resp.Header); ok {
		gate.adopt(limits)
	}
	out.own = gate.answer(ticket, out.reply(), out.wait)
	holdSlot(out.resp, func() {
		release()
		gate.leave(ticket)
	})
	if c.limit >= 0 {
		out.body, out.err = readBody(out.resp, c.buf, c.limit)
	}
	return out, nil
}

// request returns the request to send: the caller's own first, then copies of it
// with the body from its beginning.
func (c *call) request() (*http.Request, error) {
	if c.sent == 0 {
		return c.req, nil
	}
	req := c.req.Clone(c.req.Context())
	if hasBody(c.req) {
		body, err := c.req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("rewinding the request's body: %w", err)
		}
		req.Body = body
	}
	return req, nil
}

// judge decides whether to try again.
func (c *call) judge(out outcome) verdict {
	status := out.status()
	if status == http.StatusTooManyRequests {
		return c.throttled(out)
	}
	c.tries++
	v := verdict{again: isSafe(c.req.Method), pause: max(backoff(c.tries), out.wait)}
	switch status {
	case http.StatusServiceUnavailable:
		v.again, v.fresh = v.again || out.named, true // by naming a time it says that nothing was done
		if out.reply() == unavailable {
			v.pause = 0 // the gate makes it wait
		}
	case http.StatusGatewayTimeout:
		v.fresh = true
	case http.StatusInternalServerError:
		v.again = v.again && !isQuery(c.req.Method)
	case http.StatusBadGateway:
	default:
		if !c.isWorthRepeating(out) {
			return verdict{}
		}
		v.fresh = true
	}
	if v.again && out.wait > c.client.maxWait {
		return verdict{err: &TooLongError{out.wait}}
	}
	v.again = v.again && c.canRepeat() && c.tries < c.client.maxTries
	if v.again {
		c.client.log.Debug("trying again", "method", c.req.Method, "status", status, "try", c.tries+1, "pause", v.pause)
	}
	return v
}

// throttled judges an answer 429. It is the gate that makes the next try wait.
func (c *call) throttled(out outcome) verdict {
	c.client.log.Info("throttled by the service", "method", c.req.Method, "wait", out.wait)
	if out.wait > c.client.maxWait {
		return verdict{err: &TooLongError{out.wait}}
	}
	if c.throttledSince.IsZero() {
		c.throttledSince = time.Now()
	}
	return verdict{again: c.canRepeat() && time.Since(c.throttledSince) < 3*c.client.maxWait, pause: out.own}
}

// isWorthRepeating reports whether a failure may be gone the next time: not one
// of signing in or of a certificate, and not the end of the context.
func (c *call) isWorthRepeating(out outcome) bool {
	if out.err == nil || c.req.Context().Err() != nil || errors.Is(out.err, ErrTooLarge) {
		return false
	}
	return out.resp != nil || isBrokenConnection(out.err) // the body broke, or no answer came
}

// canRepeat reports whether the request's body, if it has one, can be sent again.
func (c *call) canRepeat() bool { return !hasBody(c.req) || c.req.GetBody != nil }

func (c *call) closeIdle() {
	if next, ok := c.client.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// backoff returns the pause after the given number of tries: half a second,
// doubled each time, and up to a half more by chance.
func backoff(tries int) time.Duration {
	d := min(500*time.Millisecond<<min(tries-1, 10), 30*time.Second)
	return d + time.Duration(rand.Int64N(int64(d/2)))
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// status returns the answer's, zero where there was none.
func (o outcome) status() int {
	if o.resp == nil {
		return 0
	}
	return o.resp.StatusCode
}

// reply returns what the answer says about the mailbox.
func (o outcome) reply() reply {
	switch status := o.status(); {
	case status == http.StatusTooManyRequests:
		return tooMany
	case status == http.StatusServiceUnavailable && o.wait > 0:
		return unavailable
	case status >= 500:
		return nothing
	}
	return passed
}

// discard gives the connection back for another request, if little is left to read.
func (o outcome) discard() {
	if o.resp != nil {
		io.CopyN(io.Discard, o.resp.Body, 64<<10)
		o.resp.Body.Close()
	}
}
