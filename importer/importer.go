// Package importer brings contacts into accounts. It holds the contract of an
// account opened for writing ([Sink]), and the engine that plans and applies an
// import ([Import]): a complete index of the account first, then an outcome for
// every record, then the writes within the service's limits, then the photos.
//
// An import cannot lose anything: it asks for no capability that deletes. What it
// wrote, and what it overwrote, stands in its [journal.Journal].
package importer

import (
	"context"
	"errors"
	"iter"

	"github.com/cardferry/cardferry/contact"
)

// A Reader reads a sink as it stands, for the index.
type Reader interface {
	// Contacts returns every contact of the account, whatever its folder, with
	// id, version, key and folder; photos need not be fetched. A
	// *formats.RecordError concerns one contact, which then nobody can recognise,
	// and the sequence goes on; any other error makes the index incomplete, and
	// without a complete index there is no import.
	Contacts(ctx context.Context) iter.Seq2[*contact.Contact, error]
}

// A Sink is an account opened for writing. To add a provider: implement Sink (and
// the capabilities below that it has), pass importertest.TestSink, and add a line
// to the table of providers in cmd.
//
// Methods may be called concurrently. Every wait ends when ctx ends.
type Sink interface {
	// EnsureFolder returns the folder of that path, creating it and its parents
	// where they do not exist. The empty path is the default folder.
	EnsureFolder(ctx context.Context, path contact.FolderPath) (contact.FolderID, error)
	// Create stores a new contact. The key c.Key travels inside the request. An
	// error that wraps [ErrAmbiguous] means that nobody knows whether it was
	// stored; one that wraps [ErrRejected], that the service refused this contact
	// and the next may go through; any other is trouble with the account.
	Create(ctx context.Context, folder contact.FolderID, c *contact.Contact) (Stored, error)
	// Update changes the fields that the patch names, with errors as Create's.
	// Repeating it does no harm.
	Update(ctx context.Context, ref contact.Ref, change contact.Patch) (Stored, error)
}

// Stored is what a sink made of a contact.
type Stored struct {
	// Contact is the contact as the service now has it, by its own answer, with
	// id, version and key.
	Contact *contact.Contact
	// Losses is what of it the service could not keep, or kept elsewhere.
	Losses []contact.Loss
}

// Errors of a Sink, to be found with errors.Is.
var (
	// ErrRejected: the service refused this one contact, folder or photo.
	ErrRejected = errors.New("refused by the service")
	// ErrAmbiguous: the request may or may not have been carried out.
	ErrAmbiguous = errors.New("the answer never came")
	// ErrTemporary: it was not carried out, and may be later.
	ErrTemporary = errors.New("the service cannot answer now")
)

// Unfit makes err, which says what is wrong with a contact or a photo that the service was
// not even asked to take, one that is ErrRejected.
func Unfit(err error) error { return unfit{err} }

type unfit struct{ error }

func (u unfit) Is(target error) bool { return target == ErrRejected }
func (u unfit) Unwrap() error        { return u.error }

// A Projector is a Sink that can say without a request what it would keep of a
// contact: the contact as it would be read back, and what would be lost. With it
// a plan tells an update that would change something from one that could not.
type Projector interface {
	Project(c *contact.Contact) (*contact.Contact, []contact.Loss)
}

// A UIDSink is a Sink of whose contacts no two of a folder may have the same UID (RFC 6352,
// 5.1). A contact that has none is created with one that follows from its key.
type UIDSink interface {
	UniqueUIDs() // does nothing
}

// A CaseSink is a Sink whose folders "A" and "a" are two.
type CaseSink interface {
	CaseSensitive() // does nothing
}

// A Guarded is a Sink that can tell beforehand that it will refuse everything.
type Guarded interface {
	// ReadOnly reports whether nothing can be written to the folder, or for the empty
	// path to the account. A folder that is not there yet is no reason.
	ReadOnly(ctx context.Context, path contact.FolderPath) (bool, error)
}

// A PhotoSink is a Sink that stores photos.
type PhotoSink interface {
	// PhotoForm returns the photo as SetPhoto would send it, without a request:
	// p itself where the service takes it as it is.
	PhotoForm(p *contact.Photo) *contact.Photo
	// SetPhoto stores p as the contact's photo, in place of any other. It returns
	// the photo as it was sent, which may be in another format or smaller.
	SetPhoto(ctx context.Context, ref contact.Ref, p *contact.Photo) (*contact.Photo, error)
}

// A PhotoEmbedder is a PhotoSink whose photos are within their contacts: Create stores
// c.Photo too, where it is set, in the form of PhotoForm or smaller. Stored.Contact has
// the photo then; without one, the service did not take it, and a loss says why.
type PhotoEmbedder interface {
	PhotoSink
	EmbedsPhotos() // does nothing
}

// A PhotoRemover is a PhotoSink that can take a contact's photo away. Only taking back
// what a run set asks for it.
type PhotoRemover interface {
	// RemovePhoto removes the photo, with errors as SetPhoto's. A contact that has none
	// is no error.
	RemovePhoto(ctx context.Context, ref contact.Ref) error
}

// A PhotoReader is a Sink whose photos can be fetched, to tell whether one that is
// there already is the one to be set.
type PhotoReader interface {
	Photo(ctx context.Context, id contact.ID) (*contact.Photo, error)
}

// A Gatherer is a Sink that can send several writes in one request, if it is given
// them at a time. Each of them succeeds or fails by itself.
type Gatherer interface {
	AtOnce() int // so many calls of Create and Update at a time are of use
}

// A KeyFinder is a Sink that can look a contact up by the key it was created
// with. It resolves ambiguous answers.
type KeyFinder interface {
	// FindKey returns the contacts created with that key, oldest first.
	FindKey(ctx context.Context, key string) ([]*contact.Contact, error)
}

// A Resumer is a Sink that takes more than one request for some writes, so that a run
// which dies can leave a contact in between.
type Resumer interface {
	// Resume completes such a write: the contact that is there is made what was wanted,
	// unless somebody else has changed it since. It returns the contact as it is then,
	// with errors as Update's.
	Resume(ctx context.Context, ref contact.Ref, want *contact.Contact) (*contact.Contact, error)
}

// A Deleter is a Sink that can delete contacts. An import never asks for it: it is
// for taking back what a run created, and for joining duplicates.
type Deleter interface {
	// Delete removes a contact. One that is gone already is no error; otherwise errors
	// are as Update's. Repeating it does no harm. A contact that is created under the
	// same key afterwards may get the same id.
	Delete(ctx context.Context, ref contact.Ref) error
}

// A FolderRemover is a Sink whose folders can be listed, and removed while nothing
// is in them.
type FolderRemover interface {
	// Folders returns the whole tree, the default folder included.
	Folders(ctx context.Context) ([]contact.Folder, error)
	// RemoveFolder removes a folder that holds nothing at all: neither contacts, nor
	// folders, nor anything that cardferry knows nothing of. One that holds something
	// is refused with [ErrRejected]; one that is gone is no error.
	RemoveFolder(ctx context.Context, id contact.FolderID) error
}
