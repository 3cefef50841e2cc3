package storetest

import (
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

// Run runs the suite. Open makes a new, empty store for a test, and closes it
// when the test ends.
func Run(t *testing.T, open func(t *testing.T) account.Store) {
	for name, test := range map[string]func(*testing.T, account.Store){
		"what was put is found":                              testFound,
		"what is not there has its own error":                testMissing,
		"what is no text is not there":                       testNoText,
		"users come in pages, by id":                         testPages,
		"lists are in the order of bytes":                    testOrder,
		"a name belongs to one user":                         testNames,
		"a name is one in capitals, too":                     testNamesInCapitals,
		"a user's roles exist, and stay while they are used": testRoles,
		"an update that fails leaves nothing behind":         testRollback,
		"a view does not change while it is looked at":       testSnapshot,
		"removing a user takes the sessions along":           testRemoveUser,
		"several setups may wait, the newest":                testSetup,
		"what is known of a password goes with it":           testMarks,
		"what is read can be changed by its reader":          testAliasing,
		"a context that has ended ends a transaction":        testContext,
		"one of the last two administrators stays":           testAdminRace,
		"a name is given once":                               testNameRace,
		"a setup link makes one administrator":               testSetupRace,
		"kinds of password hashes are counted":               testKinds,
		"a user's newest addresses are known":                testAddresses,
		"one kind of reset ends no other":                    testResets,
		"attempts run out and come back":                     testAttempts,
		"attempts are taken from all buckets or none":        testAttemptsTogether,
		"no more attempts are taken than there are":          testAttemptsRace,
		"what buckets have can be looked at":                 testAttemptWaits,
		"wrong passwords in a row are counted":               testFailures,
		"no wrong password is missed":                        testFailuresTogether,
		"a clock that jumps ends nothing":                    testJumps,
		"what a clock makes while it is ahead is none":       testMadeAhead,
		"of concurrent sign-ins one replaces an old hash":    testUpgradeRace,
		"of a user's reset links one is good once":           testResetRace,
		"servers tell of themselves, the last to be heard":   testServers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
	RunClients(t, open)
	RunCodes(t, open)
	RunSessions(t, open)
	RunAPIKeys(t, open)
	RunSearch(t, open)
	RunAudit(t, open)
}
