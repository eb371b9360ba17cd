package sandbox

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"
)

// A Sample describes a mailbox of invented people. Values depend on Seed alone
// (ids and change keys do not: they differ from file to file, as they do from
// mailbox to mailbox).
type Sample struct {
	Contacts int     // how many; 0 fills nothing in, not even folders
	Photos   float64 // the fraction of them that have a photo, 0 to 1
	Seed     uint64
}

// sampleFolders are the folders of the sample, the default one first, each
// with the index of its parent.
var sampleFolders = [...]struct {
	name   string
	parent int
}{{"Contacts", -1}, {"Customers", 0}, {"EMEA", 1}, {"Family", 0}}

const fillBatch = 2000

// Fill adds sample contacts and their folders to the mailbox of the signed-in
// user, beside what is there.
func (s *Server) Fill(sample Sample) error {
	if sample.Contacts < 0 || !(sample.Photos >= 0 && sample.Photos <= 1) {
		return fmt.Errorf("sample of %d contacts, %v of them with photos, is not possible", sample.Contacts, sample.Photos)
	}
	if sample.Contacts == 0 {
		return nil
	}
	box, err := s.store.openMailbox("me")
	if err != nil {
		return err
	}
	var folders [len(sampleFolders)]uint64
	for i, f := range sampleFolders {
		folders[i] = box.contacts
		if f.parent < 0 {
			continue
		}
		if folders[i], err = s.store.ensureFolder(folders[f.parent], f.name); err != nil {
			return err
		}
	}
	for from := 0; from < sample.Contacts; from += fillBatch {
		if err := s.fillBatch(sample, folders[:], from, min(from+fillBatch, sample.Contacts)); err != nil {
			return err
		}
	}
	return nil
}

func (st *store) ensureFolder(parent uint64, name string) (id uint64, err error) {
	err = st.update(func(t *txn) error {
		f := st.childNamed(st.folders[parent], name)
		if f == nil {
			var err error
			if f, err = t.createFolder(st.folders[parent], name); err != nil {
				return err
			}
		}
		id = f.id
		return nil
	})
	return id, err
}

// fillBatch adds the contacts numbered from up to to.
func (s *Server) fillBatch(sample Sample, folders []uint64, from, to int) error {
	photos, err := samplePhotos(sample, from, to)
	if err != nil {
		return err
	}
	return s.store.update(func(t *txn) error {
		hashes := make([][2]uint64, 0, 2*(to-from))
		for n := from; n < to; n++ {
			it := sampleContact(sample.Seed, n)
			it.folder = folders[sampleFolder(n)]
			if photos[n-from] != nil {
				it.setText(slotHasPicture, "true")
			}
			if err := t.add(it, sampleTime(sample.Seed, n)); err != nil {
				return err
			}
			for _, h := range valueHashes(it) {
				hashes = append(hashes, [2]uint64{h, it.id})
			}
			if photo := photos[n-from]; photo != nil {
				if err := t.photos.Put(key(it.id), photo); err != nil {
					return err
				}
			}
		}
		slices.SortFunc(hashes, func(a, b [2]uint64) int { return slices.Compare(a[:], b[:]) })
		for _, h := range hashes { // in order, the index grows far faster
			if err := t.values.Put(valueKey(h[0], h[1]), nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// sampleFolder spreads contacts over the folders: half in the default one.
func sampleFolder(n int) int {
	return [...]int{0, 1, 0, 3, 0, 2, 0, 1, 0, 2}[n%10]
}

// sampleTime is when the n-th contact was made: some time in 2019 to 2024.
func sampleTime(seed uint64, n int) time.Time {
	random := rand.New(rand.NewPCG(seed^0x7157, uint64(n)))
	start := time.Date(2019, 1, 1, 8, 0, 0, 0, time.UTC)
	return start.Add(time.Duration(random.Int64N(5*365*86400)) * time.Second)
}

// hasSamplePhoto spreads the photos evenly, and so that their number is exact.
func (sample Sample) hasSamplePhoto(n int) bool {
	count := int(sample.Photos*float64(sample.Contacts) + 0.5)
	return (n+1)*count/sample.Contacts > n*count/sample.Contacts
}

// samplePhotos draws the photos of a batch on all processors; nil stands for
// contacts without one.
func samplePhotos(sample Sample, from, to int) ([][]byte, error) {
	photos := make([][]byte, to-from)
	workers := runtime.GOMAXPROCS(0)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := from + w; n < to && errs[w] == nil; n += workers {
				if sample.hasSamplePhoto(n) {
					photos[n-from], errs[w] = samplePhoto(sample.Seed, uint64(n))
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return photos, nil
}
