package account

// BucketsInTurn is how many buckets somebody uses at a sign-in, or waits to.
func (s *Service) BucketsInTurn() int { return s.gate.BucketsInTurn() }
