package ratelimit

import "context"

// partsKey is the key of the number of parts in a request's context.
type partsKey struct{}

// WithParts returns a context for a request that stands for n requests, as a JSON
// batch does: the service counts each of its parts, and works on as many of them at a
// time as it allows. So the request takes n of the request budget, and up to n of the
// places in flight.
func WithParts(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, partsKey{}, n)
}

func partsOf(ctx context.Context) int {
	n, _ := ctx.Value(partsKey{}).(int)
	return max(n, 1)
}

// places returns how many places in flight a request of so many parts takes.
func (l Limits) places(parts int) int {
	if l.InFlight > 0 {
		return min(parts, l.InFlight)
	}
	return parts
}
