package odata

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// AtOnce is how many calls of [Client.Write] are of use at a time: one batch is on its
// way, and the next one waits.
const AtOnce = 2 * maxParts

// Single writes are sent by up to so many callers, as many as the service works on for
// one mailbox. What others want to write meanwhile is gathered.
const singlesAtOnce = 4

// maxBatch is how many bytes the bodies in a batch may have. A request takes 4 MB.
const maxBatch = 3 << 20

// errNoPart says that the answer to a batch does not mention a request in it.
var errNoPart = errors.New("the answer to the batch lacks it")

// gatherer sends writes: by themselves as long as no more than four callers have one,
// else up to 20 in a batch. The service works on no more of them at a time than of single
// requests, and counts them alike; what a batch saves is the way.
type gatherer struct {
	mu      sync.Mutex
	queue   []*write
	singles int  // on their way
	batch   bool // on its way; then nothing else is
	none    bool // the service takes no batches
}

// write is one request to be sent.
type write struct {
	ctx          context.Context
	method, link string
	body         []byte
	throttled    int  // how often
	alone        bool // it must not travel in a batch, or not again

	done   chan struct{} // closed when what follows is valid
	turn   bool          // it is to be sent by its caller
	answer []byte
	err    error
}

// throttledTogether is how often a request is sent in a batch that was throttled in one.
const throttledTogether = 3

// Write sends JSON to the link and returns the answer's body, as Send does, but that it
// may travel with others in a batch. Its errors are those of Send: of a batch whose answer
// never came nobody knows what became of anything in it.
func (c *Client) Write(ctx context.Context, method, link string, body []byte) ([]byte, error) {
	if !c.Gathers() {
		return c.Send(ctx, method, link, body)
	}
	g := &c.gatherer
	w := &write{ctx: ctx, method: method, link: link, body: body, done: make(chan struct{})}
	g.change(c, func() { g.queue = append(g.queue, w) })
	select {
	case <-w.done:
	case <-ctx.Done():
		if g.withdraw(w) {
			return nil, c.failure(ctx, method, nil, context.Cause(ctx))
		}
		<-w.done
	}
	if w.turn {
		defer g.change(c, func() { g.singles-- })
		return c.Send(ctx, method, link, body)
	}
	return w.answer, w.err
}

// Gathers reports whether writes may travel in batches.
func (c *Client) Gathers() bool {
	_, ok := c.batchLink()
	return ok
}

// change changes something, and then sends what may be sent.
func (g *gatherer) change(c *Client, f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
	for len(g.queue) > 0 && !g.batch {
		n := g.together()
		switch {
		case n == 1 && g.singles < singlesAtOnce:
			g.singles++
			g.queue[0].turn = true
			close(g.queue[0].done)
			g.queue = slices.Delete(g.queue, 0, 1)
		case n > 1 && g.singles == 0:
			some := slices.Clone(g.queue[:n])
			g.queue = slices.Delete(g.queue, 0, n)
			g.batch = true
			go func() {
				again := c.writeBatch(some)
				g.change(c, func() {
					g.batch = false
					g.queue = slices.Insert(g.queue, 0, again...)
				})
			}()
		default:
			return
		}
	}
}

// together returns how many of the first writes in the queue make up the next request.
// Writes go by themselves while there are few of them.
func (g *gatherer) together() int {
	n, size := 0, 0
	for _, w := range g.queue[:min(len(g.queue), maxParts)] {
		if size += len(w.body); w.alone || g.none || n > 0 && size > maxBatch {
			break
		}
		n++
	}
	if n <= singlesAtOnce-g.singles {
		return 1
	}
	return max(n, 1)
}

// withdraw takes back a write that is still in the queue.
func (g *gatherer) withdraw(w *write) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.queue, w)
	if i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
	}
	return i >= 0
}

// writeBatch sends writes together. It settles each of them, but for those that it
// returns: they are to be sent again, or by themselves.
func (c *Client) writeBatch(some []*write) (again []*write) {
	batch, _ := c.batchLink()
	parts := make([]batchRequest, len(some))
	for i, w := range some {
		parts[i] = c.part(i, w.method, w.link, "")
		parts[i].Headers["Content-Type"] = "application/json"
		parts[i].Body = w.body
	}
	ctx, cancel := jointContext(some)
	defer cancel()
	answers, err := c.sendBatch(c.account.countAs(ctx, len(some)), batch, parts)
	if err != nil {
		return c.gatherer.failed(some, err)
	}
	longest := &batchResponse{}
	for i, w := range some {
		answer, ok := answers[strconv.Itoa(i)]
		if ok && answer.throttled() {
			if longest.retryAfter() <= answer.retryAfter() {
				longest = &answer
			}
			w.throttled++
			w.alone = w.throttled == throttledTogether
			again = append(again, w)
			continue
		}
		if ok {
			ok = w.take(c, &answer)
		} else {
			ok = w.fail(c.failure(w.ctx, w.method, nil, errNoPart))
		}
		if !ok {
			w.alone = true
			again = append(again, w)
		}
	}
	if longest.throttled() {
		pause(ctx, c.account.throttled(longest.retryAfter())) // when it ends early, so do the writes
	}
	return again
}

// jointContext returns a context that ends when those of all the writes have.
func jointContext(some []*write) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(some[0].ctx))
	var left sync.WaitGroup
	stops := make([]func() bool, len(some))
	for i, w := range some {
		left.Add(1)
		stops[i] = context.AfterFunc(w.ctx, left.Done)
	}
	go func() {
		left.Wait()
		cancel(context.Cause(some[0].ctx))
	}()
	return ctx, func() {
		for _, stop := range stops {
			if stop() {
				left.Done()
			}
		}
	}
}

// failed settles the writes of a batch that was refused as a whole, or not answered, but
// for those that it returns. One that was refused had no effect, so each of its writes is
// sent by itself.
func (g *gatherer) failed(some []*write, err error) (again []*write) {
	var refused bool
	switch s := status(err); s {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType, http.StatusNotImplemented:
		g.mu.Lock()
		g.none = true // as it may be on premises
		g.mu.Unlock()
		refused = true
	default:
		refused = s >= 400 && s < 500 && s != http.StatusUnauthorized
	}
	for _, w := range some {
		if refused || !w.fail(err) {
			w.alone = true
			again = append(again, w)
		}
	}
	return again
}

// take settles a write with the answer that it was given. False says that it is to be
// sent by itself: nothing was done, and why shows then.
func (w *write) take(c *Client, answer *batchResponse) bool {
	switch s := answer.Status; {
	case s >= 200 && s < 300:
		w.answer = answer.Body
		close(w.done)
		return true
	case s == http.StatusUnauthorized, s == http.StatusFailedDependency, s < 400:
		return false
	}
	return w.fail(c.refusal(w.method, answer.response(), answer.Body))
}

// fail settles a write that failed. False says that it is to be sent by itself: it may
// have been carried out, and may be carried out twice without harm.
func (w *write) fail(err error) bool {
	if w.method != http.MethodPost && Ambiguous(err) && w.ctx.Err() == nil {
		return false
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Method != w.method {
		mine := *e
		mine.Method = w.method
		err = &mine
	}
	w.err = err
	close(w.done)
	return true
}
