package dav

import "context"

// GroupEntries asks for the entries of a book that are groups. Not every server can tell,
// and one that cannot may answer with an error, with nothing or with everything.
func (c *Client) GroupEntries(ctx context.Context, book string) ([]Entry, error) {
	kind := func(property string) string {
		return `<C:prop-filter name="` + property + `"><C:text-match collation="i;unicode-casemap" match-type="equals">group</C:text-match></C:prop-filter>`
	}
	m, err := c.report(ctx, book, "1", "<C:addressbook-query"+namespaces+"><D:prop><D:getetag/></D:prop>"+
		`<C:filter test="anyof">`+kind("KIND")+kind("X-ADDRESSBOOKSERVER-KIND")+"</C:filter></C:addressbook-query>")
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for i := range m.responses {
		if r := &m.responses[i]; r.isCard(book) && r.err == nil {
			entries = append(entries, Entry{r.href, r.prop.ETag})
		}
	}
	return entries, nil
}
