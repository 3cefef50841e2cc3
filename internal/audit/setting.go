package audit

// shown are the settings whose values may stand in a record. All others may be
// secrets, and are named alone.
var shown = map[string]bool{"issuer": true, "audience": true, "audience-served": true}

// OfSetting is what is recorded of a setting that was chosen or replaced.
func OfSetting(name, before, value string) Details {
	if !shown[name] {
		return ""
	}
	return MakeDetails("before", before, "value", value)
}
