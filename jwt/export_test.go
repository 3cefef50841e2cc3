package jwt

// HMACKey takes any secret, also those that SecretKey refuses: vectors have
// some.
var HMACKey = hmacKey
