//go:build tools
package deps
import (
 _ "github.com/emersion/go-vcard"
 _ "github.com/gocarina/gocsv"
 _ "golang.org/x/sync/errgroup"
 _ "github.com/schollz/progressbar/v3"
 _ "github.com/spf13/cobra"
 _ "github.com/go-json-experiment/json"
 _ "go.etcd.io/bbolt"
 _ "github.com/BurntSushi/toml"
 _ "golang.org/x/image/draw"
 _ "golang.org/x/text/unicode/norm"
 _ "golang.org/x/text/encoding/htmlindex"
 _ "golang.org/x/term"
 _ "github.com/rogpeppe/go-internal/testscript"
)
