package odata

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
)

// maxParts is how many requests one batch takes
// (https://learn.microsoft.com/graph/json-batching).
const maxParts = 20

// batchTries is how often those of a batch are sent together that were throttled.
const batchTries = 3

// batchEnvelope is a JSON batch, and batchResponse one of its answers.
type batchEnvelope struct {
	Requests []batchRequest `json:"requests"`
}

type batchRequest struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    jsontext.Value    `json:"body,omitempty"`
}

type batchResponse struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    jsontext.Value    `json:"body"`
}

// ReadEach reads what is at each of the links and hands it to parse, with the number
// of its link; parse is called by one goroutine. Many links are read at a time in a
// batch, where the service has batches: on a long way that takes the time of one.
// What a batch does not bring, or parse returns an error for, is left to alone, which
// is to read it by itself and may be called by several goroutines.
func (c *Client) ReadEach(ctx context.Context, links []string, parse func(i int, body []byte) error, alone func(i int) error) error {
	open := make([]int, len(links))
	for i := range links {
		open[i] = i
	}
	if batch, ok := c.batchLink(); ok {
		for try := 0; try < batchTries && len(open) > 1; try++ {
			wait := c.readBatches(ctx, batch, links, "", parse, &open)
			if wait == 0 {
				break
			}
			if err := pause(ctx, wait); err != nil {
				return err
			}
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(aloneAtOnce)
	for _, i := range open {
		g.Go(func() error {
			if gctx.Err() != nil {
				return context.Cause(gctx)
			}
			return alone(i)
		})
	}
	return g.Wait()
}

// aloneAtOnce is how many are read at a time that no batch brings.
const aloneAtOnce = 3

// Ahead reads the first answers of listings together, for [Listing].First. What does
// not come in one try is missing from what it returns.
func (c *Client) Ahead(ctx context.Context, links []string, prefer string) map[string][]byte {
	batch, ok := c.batchLink()
	if !ok {
		return nil
	}
	open := make([]int, len(links))
	for i := range links {
		open[i] = i
	}
	first := make(map[string][]byte, len(links))
	c.readBatches(ctx, batch, links, prefer, func(i int, body []byte) error {
		first[links[i]] = body
		return nil
	}, &open)
	return first
}

// batchLink returns where the service takes batches. Outlook REST takes them for who
// signed in alone.
func (c *Client) batchLink() (string, bool) {
	switch {
	case c.Dialect().Graph():
		return c.base.EscapedPath() + "/$batch", true
	case c.owner == "/me":
		return c.base.EscapedPath() + "/me/$batch", true
	}
	return "", false
}

// readBatches sends the open links in batches, and takes those from them that were
// read. It returns how long to wait before the rest is sent together again: the
// longest that a throttled one asks for; zero when that would be of no use.
func (c *Client) readBatches(ctx context.Context, batch string, links []string, prefer string, parse func(int, []byte) error, open *[]int) (wait time.Duration) {
	var left []int
	for todo := *open; len(todo) > 0; {
		some := todo[:min(maxParts, len(todo))]
		todo = todo[len(some):]
		parts := make([]batchRequest, len(some))
		for n, i := range some {
			parts[n] = c.part(i, http.MethodGet, links[i], prefer)
		}
		answers, err := c.sendBatch(c.account.countAs(ctx, len(some)), batch, parts)
		if err != nil {
			left = append(left, some...)
			continue
		}
		for _, i := range some {
			answer, ok := answers[strconv.Itoa(i)]
			switch {
			case ok && answer.Status == http.StatusOK && parse(i, answer.Body) == nil:
				continue
			case answer.Status == http.StatusTooManyRequests || answer.Status == http.StatusServiceUnavailable:
				wait = max(wait, answer.retryAfter(), minBatchWait)
			}
			left = append(left, i)
		}
	}
	*open = left
	return wait
}

// minBatchWait is how long to wait for a part that names no time.
const minBatchWait = 100 * time.Millisecond

// sendBatch sends one batch, and returns the answers of its parts by their ids. They
// come in any order.
func (c *Client) sendBatch(ctx context.Context, batch string, parts []batchRequest) (map[string]batchResponse, error) {
	body, err := json.Marshal(batchEnvelope{parts})
	if err != nil {
		return nil, fmt.Errorf("making a batch: %w", err)
	}
	answer, err := c.Send(ctx, http.MethodPost, batch, body)
	if err != nil {
		return nil, err
	}
	var responses struct {
		Responses []batchResponse `json:"responses"`
	}
	if json.Unmarshal(answer, &responses) != nil {
		return nil, &Error{Method: http.MethodPost, Err: errors.New("the answer to a batch makes no sense")}
	}
	byID := make(map[string]batchResponse, len(responses.Responses))
	for _, r := range responses.Responses {
		byID[r.ID] = r
	}
	return byID, nil
}

// ReadsAlone reports whether a request is a batch that only reads.
func ReadsAlone(req *http.Request) bool {
	if req.Method != http.MethodPost || !strings.HasSuffix(req.URL.Path, "/$batch") || req.GetBody == nil {
		return false
	}
	body, err := req.GetBody()
	if err != nil {
		return false
	}
	defer body.Close()
	var envelope batchEnvelope
	if json.UnmarshalRead(body, &envelope) != nil {
		return false
	}
	return !slices.ContainsFunc(envelope.Requests, func(r batchRequest) bool { return r.Method != http.MethodGet })
}

// part makes a request of a batch, with its number for an id.
func (c *Client) part(i int, method, link, prefer string) batchRequest {
	p := batchRequest{ID: strconv.Itoa(i), Method: method, URL: strings.TrimPrefix(link, c.base.EscapedPath()), Headers: map[string]string{}}
	if prefer = c.prefers(prefer); prefer != "" {
		p.Headers["Prefer"] = prefer
	}
	return p
}

// response returns the answer as one to a request of its own.
func (r *batchResponse) response() *http.Response {
	header := http.Header{}
	for name, value := range r.Headers {
		header.Set(name, value)
	}
	return &http.Response{StatusCode: r.Status, Header: header}
}

// throttled reports whether the service asks to send the request again later.
func (r *batchResponse) throttled() bool {
	return r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable && r.retryAfter() > 0
}

// retryAfter is the wait that a part asks for in headers of its own.
func (r *batchResponse) retryAfter() time.Duration {
	for name, value := range r.Headers {
		if strings.EqualFold(name, "Retry-After") {
			return retryAfter(value, time.Now())
		}
	}
	return 0
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
