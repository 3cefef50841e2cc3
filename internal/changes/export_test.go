package changes

// Remembered is how many changes a reader remembers.
func (r *Reader) Remembered() int { return len(r.recent.last) }
