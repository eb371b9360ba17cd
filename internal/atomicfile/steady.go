package atomicfile

import "os"

// steady writes a file that goes to the disk while it grows. Left to itself a system may
// keep all of it in memory, and the run that has nothing left to do waits at the end.
type steady struct {
	file           *os.File
	written, begun int64 // bytes: to the file, and of these on their way to the disk
}

// stride is how many bytes go on their way at a time.
const stride = 8 << 20

func (s *steady) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.written += int64(n)
	if s.written-s.begun >= stride {
		writeBack(s.file, s.begun, s.written-s.begun)
		s.begun = s.written
	}
	return n, err
}
