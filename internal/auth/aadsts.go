package auth

import "strings"

// hint says what to do about a refusal, with places for the account's name and for
// the page of admin consent.
type hint string

const (
	signInAgain      hint = "sign in again: cardferry login {account}"
	checkTenant      hint = "check tenant and client_id of the account {account}"
	checkFlow        hint = "in the app registration, under Authentication, allow public client flows and the kinds of accounts that are meant; or choose another auth for the account {account}"
	checkRedirect    hint = "in the app registration, under Authentication, add the platform for mobile and desktop applications with the redirect URI http://localhost"
	checkClient      hint = "check client_id and the secret or certificate of the account {account}"
	checkPublic      hint = "in the app registration, under Authentication, allow public client flows; or set auth to client-secret or client-certificate for the account {account}"
	checkPermissions hint = "check the API permissions in the app registration, and dialect and url of the account {account}"
	newSecret        hint = "make a new secret in the app registration, and set it as client_secret of the account {account}"
	askConsent       hint = "ask an administrator of the tenant to open {consent}; or sign in again and accept: cardferry login {account}"
	askAdmin         hint = "ask an administrator of the tenant"
	askConditions    hint = "sign in again, from a device that the tenant's rules accept, or with auth set to browser: cardferry login {account}"
	mendUser         hint = "sign in at https://myaccount.microsoft.com to see what the user account needs, then: cardferry login {account}"
	tryLater         hint = "try again later"
)

// loginArguments is what to sign in with, for a command to be pasted.
func (c Config) loginArguments() string {
	if c.Access == ReadWrite {
		return c.Account + " --write"
	}
	return c.Account
}

// hint fills a hint in.
func (c Config) hint(h hint) string {
	return strings.NewReplacer("{account}", c.loginArguments(), "{consent}", c.AdminConsentURL()).Replace(string(h))
}

// condition is what one number of the identity platform means.
type condition struct {
	code int
	text string
	hint hint
}

// conditions are the numbers that people meet
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). They
// choose words; what a program does follows from the OAuth error.
var conditions = []condition{
	// The application and the tenant.
	{700016, "the tenant does not know the application", checkTenant},
	{50194, "the application is for one tenant, and the sign-in is for any", checkTenant},
	{90002, "there is no such tenant", checkTenant},
	{50020, "the user account is not in the tenant", checkTenant},
	{90072, "the user account is not in the tenant", checkTenant},
	{9001023, "this way of signing in needs one tenant", checkTenant},
	{9002331, "the application is for personal accounts alone", checkTenant},
	{9002332, "the application is for accounts of work or school alone", checkTenant},
	{7000112, "the application is disabled in the tenant", askAdmin},
	{500011, "the tenant does not know the service that the token is for", checkPermissions},
	// The redirect.
	{50011, "the application does not know the redirect address", checkRedirect},
	{9002313, "the identity platform does not understand the request", checkTenant},
	// The application's own sign-in.
	{7000215, "the client secret is wrong", newSecret},
	{7000222, "the client secret has expired", newSecret},
	{700027, "the application does not know the certificate", checkClient},
	{7000218, "the application needs a secret or a certificate", checkPublic},
	{700025, "the application is a public one and needs no secret", checkFlow},
	// Consent.
	{65001, "the application may not use these permissions yet", askConsent},
	{65004, "the permissions were declined", signInAgain},
	{650056, "the permissions of the application are not set up", checkPermissions},
	{650057, "the permissions of the application are not set up for this service", checkPermissions},
	{90094, "an administrator has to allow the application first", askConsent},
	{90095, "an administrator has to allow the application first", askConsent},
	// Scopes.
	{70011, "the identity platform does not grant these permissions", checkPermissions},
	// The user.
	{50034, "there is no such user account in the tenant", checkTenant},
	{50126, "the user name or the password is wrong", signInAgain},
	{50053, "the user account is locked", mendUser},
	{50055, "the password has expired", mendUser},
	{50057, "the user account is disabled", askAdmin},
	{50059, "the sign-in names no tenant", checkTenant},
	{50105, "the user account may not use the application", askAdmin},
	{16000, "the identity platform cannot tell which user account is meant", signInAgain},
	// More proof, and the tenant's rules.
	{50072, "the user account has to set up a second proof of identity", signInAgain},
	{50074, "a second proof of identity is needed", signInAgain},
	{50076, "a second proof of identity is needed", signInAgain},
	{50078, "the second proof of identity has expired", signInAgain},
	{50079, "the user account has to set up a second proof of identity", signInAgain},
	{50097, "the tenant asks for a known device", askConditions},
	{50131, "the tenant's rules do not allow the sign-in", askConditions},
	{50158, "the tenant's rules ask for another proof of identity", signInAgain},
	{53000, "the tenant asks for a device that follows its rules", askConditions},
	{53001, "the tenant asks for a device of its own", askConditions},
	{53003, "the tenant's rules do not allow the sign-in", askConditions},
	{530032, "the tenant's security rules do not allow the sign-in", askAdmin},
	{530035, "the tenant's security defaults do not allow the sign-in", askAdmin},
	// The life of what was granted.
	{70000, "the sign-in is no longer valid", signInAgain},
	{70008, "the sign-in has expired", signInAgain},
	{700082, "the sign-in has expired, for it was not used for too long", signInAgain},
	{50173, "the sign-in was revoked, for example by a new password", signInAgain},
	{70043, "the sign-in has expired by the tenant's rules", signInAgain},
	{54005, "the code was used already", signInAgain},
	{501481, "the sign-in was finished by another program than began it", signInAgain},
	// The device code.
	{70016, "the code was not used yet", signInAgain},
	{70018, "the identity platform does not know the code", signInAgain},
	{70019, "the code expired before it was used", signInAgain},
	// What passes, and what looks so.
	{90033, "the identity platform is not available", tryLater},
	{90024, "the identity platform is not available", tryLater},
	{50033, "the identity platform is not available", tryLater},
	{50196, "the identity platform sees the same request too often, and asks to stop", signInAgain},
}

func lookUp(code int) (condition, bool) {
	for _, c := range conditions {
		if c.code == code {
			return c, true
		}
	}
	return condition{}, false
}
