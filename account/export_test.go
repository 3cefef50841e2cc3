package account

// AccountsInTurn is how many accounts somebody signs in at, or waits to.
func (s *Service) AccountsInTurn() int {
	s.turns.mu.Lock()
	defer s.turns.mu.Unlock()
	return len(s.turns.keys)
}
