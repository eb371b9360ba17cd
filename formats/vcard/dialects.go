package vcard

import (
	"slices"

	gv "github.com/emersion/go-vcard"
)

// dialect is what one program wants of the cards that it imports. All of it is data:
// the writer asks, and has no path of its own for any program. What a card is read as
// does not depend on the dialect that it was written in.
type dialect struct {
	version string
	// bareEmail leaves out TYPE=INTERNET, which Android takes for a label.
	bareEmail bool
	// untyped has the TYPE value of what has none: Outlook passes over such.
	untyped map[string]string
	// typeLabels writes a user's own label as TYPE=X-…; else it is an X-ABLabel.
	typeLabels bool
	// anniversary has the names of the properties that hold one.
	anniversary []string
	// relations is the property of the other people.
	relations string
	// repeats writes the names of Outlook and Exchange (X-MS-SPOUSE) beside others.
	repeats bool
	// services writes X-AIM and the like beside IMPP.
	services bool
	// yearless is how a date without a year is written in 3.0 and 2.1: as 1604 with
	// Apple's parameter, or as --MM-DD.
	yearless yearless
	// photoLimit is the size in bytes beyond which a photo is not taken, 0 for none
	// that is known.
	photoLimit int
	// single says that the program reads only the first card of a file.
	single bool
}

type yearless int

const (
	as1604 yearless = iota
	asHyphens
)

const (
	propABDate    = "X-ABDATE"
	propABNames   = "X-ABRELATEDNAMES"
	propAndroid   = "X-ANDROID-CUSTOM"
	propMSJubilee = "X-MS-ANNIVERSARY"
)

// general is for everybody: 3.0 with what most programs look for.
var general = dialect{anniversary: []string{"X-ANNIVERSARY", propABDate}, relations: propABNames, repeats: true}

// general4 is the same in 4.0, which has properties for all of it.
var general4 = dialect{anniversary: []string{gv.FieldAnniversary}, relations: gv.FieldRelated}

// dialects has the programs that --for names.
var dialects = map[string]dialect{
	// Google's own exports: 3.0, Apple's groups for labels, dates and people.
	"google": {version: "3.0", anniversary: []string{propABDate}, relations: propABNames, yearless: asHyphens},
	// iCloud rejects 2.1 and photos beyond 224 KB (support.apple.com/103188), and
	// shows none of 4.0's data: URIs.
	"apple": {version: "3.0", anniversary: []string{propABDate}, relations: propABNames, photoLimit: 224 << 10},
	// The desktop program writes 2.1 alone and reads the names of MS-OXVCARD; text is
	// in quoted-printable with CHARSET, for older ones read all else in the code page
	// of Windows. A phone needs a type, a page a place.
	"outlook": {version: "2.1", anniversary: []string{propMSJubilee}, relations: propABNames, repeats: true,
		untyped: map[string]string{gv.FieldTelephone: "VOICE", gv.FieldURL: "WORK"}, single: true},
	// Contacts makes cards of 4.0; its server refuses 2.1.
	"nextcloud": {version: "4.0", anniversary: []string{gv.FieldAnniversary}, relations: gv.FieldRelated},
	// AOSP's VCardEntry: 3.0 at most, labels in TYPE, people in a property of its own,
	// of IMPP only sip:.
	"android": {version: "3.0", bareEmail: true, typeLabels: true, anniversary: []string{gv.FieldAnniversary},
		relations: propAndroid, services: true, yearless: asHyphens},
}

// Destinations returns the programs that [Options.For] can name.
func Destinations() []string {
	var names []string
	for name := range dialects {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// PhotoLimit returns the size in bytes beyond which the program takes no photo, 0 if
// none is known.
func PhotoLimit(destination string) int { return dialects[destination].photoLimit }

// OneCardPerFile reports whether the program reads only the first card of a file.
func OneCardPerFile(destination string) bool { return dialects[destination].single }

// resolved returns the version to write, and the dialect.
func (o Options) resolved() (version string, d *dialect) {
	if named, ok := dialects[o.For]; ok {
		if o.Version != "" && (o.Version == "4.0") != (named.version == "4.0") {
			// Another version has other properties; the rest of the dialect holds.
			base := general
			if o.Version == "4.0" {
				base = general4
			}
			named.anniversary, named.relations = base.anniversary, base.relations
		}
		if o.Version != "" {
			named.version = o.Version
		}
		return named.version, &named
	}
	switch o.Version {
	case "4.0":
		return o.Version, &general4
	case "":
		return "3.0", &general
	}
	return o.Version, &general
}
