package sandbox

import (
	"slices"
	"strings"
	"sync"
)

// A lag keeps new contacts from being found for a while. Whether the service runs
// behind is not known.
type lag struct {
	mu   sync.Mutex
	left map[uint64]int // contact -> how many more times it is not found
}

func (l *lag) add(id uint64, times int) {
	if times == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == nil {
		l.left = map[uint64]int{}
	}
	l.left[id] = times
}

// found takes the contacts that lag behind out of what was found.
func (l *lag) found(ids []uint64) []uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(ids, func(id uint64) bool {
		n, lags := l.left[id]
		switch {
		case !lags:
			return false
		case n == 1:
			delete(l.left, id)
		default:
			l.left[id] = n - 1
		}
		return true
	})
}

func namesExtended(filter string) bool {
	return strings.Contains(strings.ToLower(filter), "singlevalueextendedproperties")
}
