package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"reflect"
	"strconv"

	"github.com/gocarina/gocsv"
)

// columnsOf returns the names that the members of a row are tagged with.
func columnsOf(row reflect.Type) []string {
	names := make([]string, row.NumField())
	for i := range names {
		names[i] = row.Field(i).Tag.Get("csv")
	}
	return names
}

// bind returns for each column of a table the member of row, a struct of texts,
// that gocsv fills from it, nil where it fills none. A row is read or written
// through these pointers: gocsv works by reflection, which is asked once per table
// and would cost more than everything else if it were asked for every row. It is
// given a row in which each cell holds its number, and each member then tells
// which cell it was filled from.
func bind[T any](row *T, columns []string) ([]*string, error) {
	numbers := make([]string, len(columns))
	for i := range numbers {
		numbers[i] = strconv.Itoa(i)
	}
	var table bytes.Buffer
	w := stdcsv.NewWriter(&table)
	w.WriteAll([][]string{columns, numbers}) // into memory: there is no error
	u, err := gocsv.NewUnmarshaller(stdcsv.NewReader(&table), *row)
	if err != nil {
		return nil, fmt.Errorf("the names of the columns: %w", err)
	}
	numbered, err := u.Read()
	if err != nil {
		return nil, fmt.Errorf("the names of the columns: %w", err)
	}
	cells := make([]*string, len(columns))
	from, members := reflect.ValueOf(numbered), reflect.ValueOf(row).Elem()
	for i := range members.NumField() {
		if n, err := strconv.Atoi(from.Field(i).String()); err == nil {
			cells[n] = members.Field(i).Addr().Interface().(*string)
		}
	}
	return cells, nil
}
