package csv

import (
	"slices"
	"testing"
)

// TestBind checks that each column leads to a member of its own.
func TestBind(t *testing.T) {
	var outlook outlookRow
	if cells, err := bind(&outlook, outlookColumns); err != nil || hasGaps(cells) || cells[53] != &outlook.BusinessPOBox {
		t.Errorf("outlook: %d columns, %v", len(cells), err)
	}
	var thunderbird thunderbirdRow
	if cells, err := bind(&thunderbird, thunderbirdColumns); err != nil || hasGaps(cells) || cells[36] != &thunderbird.Notes {
		t.Errorf("thunderbird: %d columns, %v", len(cells), err)
	}
	cells, err := bind(&outlook, []string{"Notes", "no such column", "Title"})
	if want := []*string{&outlook.Notes, nil, &outlook.Title}; err != nil || !slices.Equal(cells, want) {
		t.Errorf("some: %v, %v", cells, err)
	}
}

func hasGaps(cells []*string) bool {
	for i, cell := range cells {
		if cell == nil || slices.Contains(cells[:i], cell) {
			return true
		}
	}
	return false
}
