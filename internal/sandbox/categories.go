package sandbox

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// A category is an entry of the user's master list: what gives the bare names
// that contacts hold their colours (learn.microsoft.com/graph/api/resources/outlookcategory).
// A name stands in the list once and cannot be changed.
type category struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

const categoryColors = 25 // preset0 and so on

var (
	errCategoryExists = &failure{status: http.StatusConflict, code: "ErrorItemSave", message: "A category with the specified name already exists."}
	errNoCategory     = &failure{status: http.StatusNotFound, code: "ErrorItemNotFound", message: "The specified category was not found."}
)

// parseColor brings a colour into the casing in which it is kept; "" is none.
func parseColor(text string) (string, bool) {
	low := strings.ToLower(text)
	if low == "" || low == "none" {
		return "none", true
	}
	n, err := strconv.Atoi(strings.TrimPrefix(low, "preset"))
	return low, strings.HasPrefix(low, "preset") && err == nil && n >= 0 && n < categoryColors
}

// categoryKey is the key of a category in the data file.
func (box *mailbox) categoryKey(id string) []byte { return append(box.key[:], id...) }

// categoriesOf lists a mailbox's master list in no particular order.
func (t *txn) categoriesOf(box *mailbox) (all []category, err error) {
	c := t.categories.Cursor()
	for k, value := c.Seek(box.key[:]); bytes.HasPrefix(k, box.key[:]); k, value = c.Next() {
		var cat category
		if err := json.Unmarshal(value, &cat); err != nil {
			return nil, errDamaged
		}
		all = append(all, cat)
	}
	return all, nil
}

func (t *txn) putCategory(box *mailbox, cat category) error {
	value, err := json.Marshal(cat)
	if err != nil {
		return err
	}
	return t.categories.Put(box.categoryKey(cat.ID), value)
}

func (t *txn) category(box *mailbox, id string) (cat category, err error) {
	value := t.categories.Get(box.categoryKey(strings.ToLower(id)))
	if value == nil {
		return cat, errNoCategory
	}
	return cat, json.Unmarshal(value, &cat)
}

func (c *call) appendCategory(dst []byte, cat category, context string) []byte {
	dst = append(dst, '{')
	if context != "" {
		dst = append(appendMember(dst, "@odata.context", context), ',')
	}
	dst = appendMember(dst, c.d.cased("id"), cat.ID)
	dst = appendMember(append(dst, ','), c.d.cased("displayName"), cat.Name)
	return append(appendMember(append(dst, ','), c.d.cased("color"), c.d.cased(cat.Color)), '}')
}

func (c *call) categoriesContext(entity bool) string {
	context := c.apiBase() + "/$metadata#" + c.contextOwner() + "/" + c.d.cased("outlook") + "/" + c.d.cased("masterCategories")
	if entity {
		context += "/$entity"
	}
	return context
}

func (c *call) listCategories() (*answer, error) {
	var all []category
	err := c.s.store.view(func(t *txn) (err error) {
		all, err = t.categoriesOf(c.box)
		return err
	})
	body := appendMember([]byte("{"), "@odata.context", c.categoriesContext(false))
	body = append(body, `,"value":[`...)
	for i, cat := range all {
		if i > 0 {
			body = append(body, ',')
		}
		body = c.appendCategory(body, cat, "")
	}
	return jsonAnswer(http.StatusOK, append(body, "]}"...)), err
}

// categoryBody reads the members of a category that can be sent.
func (c *call) categoryBody() (cat category, err error) {
	body, err := readBody(c.r)
	if err != nil {
		return cat, err
	}
	all, ok := members(body)
	if !ok {
		return cat, errBadJSON
	}
	for _, m := range all {
		text, isText := stringValue(m.value)
		switch {
		case strings.HasPrefix(m.name, "@odata."):
		case m.name == c.d.cased("displayName") && isText && text != "":
			cat.Name = text
		case m.name == c.d.cased("color") && isText:
			if cat.Color, ok = parseColor(text); !ok {
				return cat, badRequest("ErrorInvalidArgument", "The colour is not one of the presets.")
			}
		default:
			return cat, unreadable("The property '%s' cannot be set on a category.", m.name)
		}
	}
	return cat, nil
}

func (c *call) createCategory() (*answer, error) {
	cat, err := c.categoryBody()
	if err == nil && cat.Name == "" {
		err = badRequest("ErrorInvalidArgument", "The category has no displayName.")
	}
	if err != nil {
		return nil, err
	}
	if cat.Color == "" {
		cat.Color = "none"
	}
	var id mailboxKey
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	cat.ID = id.guid()
	err = c.s.store.update(func(t *txn) error {
		all, err := t.categoriesOf(c.box)
		if err != nil {
			return err
		}
		for _, other := range all {
			if strings.EqualFold(other.Name, cat.Name) {
				return errCategoryExists
			}
		}
		return t.putCategory(c.box, cat)
	})
	return jsonAnswer(http.StatusCreated, c.appendCategory(nil, cat, c.categoriesContext(true))), err
}

func (c *call) getCategory() (*answer, error) {
	var cat category
	err := c.s.store.view(func(t *txn) (err error) {
		cat, err = t.category(c.box, c.name)
		return err
	})
	return jsonAnswer(http.StatusOK, c.appendCategory(nil, cat, c.categoriesContext(true))), err
}

func (c *call) updateCategory() (*answer, error) {
	sent, err := c.categoryBody()
	if err == nil && sent.Name != "" {
		err = badRequest("ErrorInvalidArgument", "The displayName of a category cannot be changed.")
	}
	if err != nil {
		return nil, err
	}
	var cat category
	err = c.s.store.update(func(t *txn) (err error) {
		if cat, err = t.category(c.box, c.name); err != nil {
			return err
		}
		if sent.Color != "" {
			cat.Color = sent.Color
		}
		return t.putCategory(c.box, cat)
	})
	return jsonAnswer(http.StatusOK, c.appendCategory(nil, cat, c.categoriesContext(true))), err
}

func (c *call) deleteCategory() (*answer, error) {
	err := c.s.store.update(func(t *txn) error {
		if _, err := t.category(c.box, c.name); err != nil {
			return err
		}
		return t.categories.Delete(c.box.categoryKey(strings.ToLower(c.name)))
	})
	return &answer{status: http.StatusNoContent}, err
}
