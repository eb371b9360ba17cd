package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// The floors of the vCard codec: how many times the throughput of go-vcard's own on the
// same bytes, on one core.
const decodeFloor, encodeFloor = 3, 2

// cardsDir has cards as six programs write them, each with 4711 where it counts.
const cardsDir = "formats/vcard/testdata/programs"

// codec runs the benchmarks of the vCard package and sets ours beside the library's. Of
// several runs the fastest counts: the others tell of the machine.
func (b *bencher) codec() error {
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "^Benchmark(Decode|Encode)$", "-cpu", "1", "-count", strconv.Itoa(2*b.runs), "-benchtime", "300ms", "./formats/vcard").CombinedOutput()
	if err != nil {
		return fmt.Errorf("the benchmarks of formats/vcard: %w: %s", err, out)
	}
	best := map[string]float64{} // MB/s
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		for i, f := range fields {
			if f == "MB/s" && i > 0 {
				speed, _ := strconv.ParseFloat(fields[i-1], 64)
				name := strings.TrimPrefix(fields[0], "Benchmark")
				best[name] = max(best[name], speed)
			}
		}
	}
	fmt.Printf("%-44s %10s %10s %7s %7s\n", "throughput on one core (best of runs)", "cardferry", "go-vcard", "ratio", "floor")
	for _, row := range []struct {
		name  string
		floor float64
	}{{"Decode/text", decodeFloor}, {"Decode/photos", decodeFloor}, {"Encode/text", encodeFloor}, {"Encode/photos", encodeFloor}} {
		ours, theirs := best[row.name+"/cardferry"], best[row.name+"/go-vcard"]
		if ours == 0 || theirs == 0 {
			return fmt.Errorf("no benchmark of %s in\n%s", row.name, out)
		}
		fmt.Printf("%-44s %5.0f MB/s %5.0f MB/s %7.2f %7.2f  %s\n", "vcard "+row.name, ours, theirs, ours/theirs, row.floor, verdict(ours/theirs >= row.floor))
	}
	return nil
}

// converting measures n cards on their way to JSON Lines and back, twice: memory, cores,
// and whether the second time gives the bytes of the first (which adds UIDs).
func (b *bencher) converting(n int) error {
	cards := filepath.Join(b.dir, "cards.vcf")
	if err := writeCards(cards, n); err != nil {
		return err
	}
	lines, back := filepath.Join(b.dir, "cards.jsonl"), filepath.Join(b.dir, "back.vcf")
	again := filepath.Join(b.dir, "again.vcf")
	fmt.Printf("%-44s %10s %10s %18s\n", "one process", "wall", "cores", "peak memory, floor")
	for _, step := range []struct{ from, to string }{{cards, lines}, {lines, back}, {back, lines}, {lines, again}} {
		cmd := exec.Command(b.program, "convert", step.from, step.to, "-q")
		wall, peak, err := measure(cmd)
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			return fmt.Errorf("convert ended with %d: %w", code, err)
		}
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		cores := float64(usage.Utime.Nano()+usage.Stime.Nano()) / float64(wall)
		name := fmt.Sprintf("convert %d cards, %s to %s", n, filepath.Ext(step.from), filepath.Ext(step.to))
		fmt.Printf("%-44s %9.2fs %10.2f %6.1f MiB, %d MiB  %s\n", name, wall.Seconds(), cores, float64(peak)/(1<<20), memoryFloor, verdict(peak <= memoryFloor<<20))
	}
	same, err := sameBytes(back, again)
	if err == nil && !same {
		err = errors.New("after a round trip the cards are others, or in another order")
	}
	return err
}

const memoryFloor = 64 // MiB

// writeCards writes a file of n cards or a few more, no two of them the same.
func writeCards(path string, n int) error {
	files, err := filepath.Glob(filepath.Join(cardsDir, "*.vcf"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no cards in %s: run it where the project is", cardsDir)
	}
	var all []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		all = append(all, text...)
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	each := bytes.Count(all, []byte("BEGIN:VCARD"))
	for i := 0; i < n; i += each {
		if _, err := out.Write(bytes.ReplaceAll(all, []byte("4711"), strconv.AppendInt(nil, int64(10_000_000+i), 10))); err != nil {
			return err
		}
	}
	return out.Close()
}

func sameBytes(a, b string) (bool, error) {
	cmd := exec.Command("cmp", "-s", a, b)
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		return false, err
	}
	return cmd.ProcessState.Success(), nil
}
