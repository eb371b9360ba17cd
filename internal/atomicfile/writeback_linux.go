package atomicfile

import (
	"os"
	"syscall"
)

// writeBack asks the system to begin to put n bytes of the file from off on on the disk, so
// that Sync finds little left to wait for. It promises nothing, and so has no error.
func writeBack(file *os.File, off, n int64) {
	const syncFileRangeWrite = 2 // SYNC_FILE_RANGE_WRITE of sync_file_range(2)
	syscall.SyncFileRange(int(file.Fd()), off, n, syncFileRangeWrite)
}
