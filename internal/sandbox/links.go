package sandbox

import (
	"net/url"
	"strconv"
	"strings"
)

// pageLinks are where a page may lead.
type pageLinks struct {
	next   string // "": the page is the last
	onward string // what next is where there is more
	again  string // to the same rows once more, under another address
	start  string // to the first page
}

// listLinks are the links of a page of a list that ends before end of total.
func (c *call) listLinks(end, total int) pageLinks {
	links := pageLinks{
		onward: nextLink(c.base, c.r.URL, end),
		again:  nextLink(c.base, c.r.URL, c.opt.skip) + "&$skiptoken=" + strconv.FormatUint(c.n, 36),
		start:  nextLink(c.base, c.r.URL, 0),
	}
	if end < total && c.opt.top > 0 {
		links.next = links.onward
	}
	return links
}

// nextLink is the URL of the request with another $skip, all else kept.
func nextLink(base string, u *url.URL, skip int) string {
	var query strings.Builder
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		if pair == "" || strings.EqualFold(name, "$skip") || strings.EqualFold(name, "skip") || strings.EqualFold(name, "$skiptoken") {
			continue
		}
		query.WriteString(pair + "&")
	}
	return base + u.EscapedPath() + "?" + query.String() + "$skip=" + strconv.Itoa(skip)
}
