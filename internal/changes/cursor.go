package changes

import "context"

// cursor is how far a log has been read.
type cursor struct {
	position int64          // every number up to here was seen, or is settled
	ahead    map[int64]bool // numbers after position that were seen
	settled  int64          // as the store said last
}

// maxPages is how many pages are read at once. Who is further behind does not
// need them: to take everything for changed costs less.
const maxPages = 4

// advance reads what is new and gives each change to apply, once. It reports
// whether something may have been missed, after which the cursor is at the log's
// end.
func (c *cursor) advance(ctx context.Context, log Log, apply func(Change)) (missed bool, err error) {
	if c.ahead == nil {
		return true, c.restart(ctx, log)
	}
	after := c.position
	for range maxPages {
		page, err := log.Changes(ctx, after)
		if err != nil {
			return false, err
		}
		if page.Pruned > c.position || page.Settled < c.settled {
			return true, c.restart(ctx, log) // too late, or this is not the log that it was
		}
		c.take(page, after, apply)
		if len(page.Changes) < MaxPage {
			return false, nil
		}
		after = page.Changes[len(page.Changes)-1].Number
	}
	return true, c.restart(ctx, log)
}

// take applies what a page has of changes that were not seen yet, and moves on
// as far as nothing can be missing.
func (c *cursor) take(page Page, after int64, apply func(Change)) {
	settled := page.Settled
	for _, change := range page.Changes {
		if change.Number > c.position && !c.ahead[change.Number] {
			c.ahead[change.Number] = true
			apply(change)
		}
	}
	if n := len(page.Changes); n == MaxPage {
		settled = min(settled, page.Changes[n-1].Number)
	}
	// What is missing before the page may have come since that was read.
	if c.position >= after {
		c.moveTo(max(c.position, settled))
	}
	for c.ahead[c.position+1] {
		c.moveTo(c.position + 1)
	}
	c.settled = max(c.settled, page.Settled)
}

func (c *cursor) moveTo(position int64) {
	if position-c.position < int64(len(c.ahead)) {
		for n := c.position + 1; n <= position; n++ {
			delete(c.ahead, n)
		}
	} else {
		for n := range c.ahead {
			if n <= position {
				delete(c.ahead, n)
			}
		}
	}
	c.position = position
}

// restart goes to the end of the log without reading it: to the settled part's,
// since what is not settled may be seen later.
func (c *cursor) restart(ctx context.Context, log Log) error {
	page, err := log.Changes(ctx, End)
	if err != nil {
		return err // the next reading finds the same reason
	}
	c.position, c.settled, c.ahead = page.Settled, page.Settled, map[int64]bool{}
	return nil
}
