package sandbox

import (
	"fmt"
	"net/http"
)

// A failure is an answer of the service that is an error.
type failure struct {
	status  int
	code    string
	message string
}

func (f *failure) Error() string { return fmt.Sprintf("%d %s", f.status, f.code) }

var (
	errFolderExists  = &failure{status: http.StatusConflict, code: "ErrorFolderExists", message: "A folder with the specified name already exists."}
	errItemNotFound  = &failure{status: http.StatusNotFound, code: "ErrorItemNotFound", message: "The specified object was not found in the store."}
	errNoFolder      = &failure{status: http.StatusNotFound, code: "ErrorItemNotFound", message: "The specified folder could not be found in the store."}
	errMalformedID   = &failure{status: http.StatusBadRequest, code: "ErrorInvalidIdMalformed", message: "Id is malformed."}
	errInvalidUser   = &failure{status: http.StatusNotFound, code: "ErrorInvalidUser", message: "The requested user is invalid."}
	errInactive      = &failure{status: http.StatusNotFound, code: "MailboxNotEnabledForRESTAPI", message: "REST API is not yet supported for this mailbox."}
	errNoPhoto       = &failure{status: http.StatusNotFound, code: "ErrorItemNotFound", message: "The specified object was not found in the store., The photo wasn't found."}
	errNoImage       = &failure{status: http.StatusNotFound, code: "ImageNotFound", message: "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown."}
	errNotSupported  = &failure{status: http.StatusMethodNotAllowed, code: "ErrorInvalidRequest", message: "The OData request is not supported."}
	errTooLarge      = &failure{status: http.StatusRequestEntityTooLarge, code: "ErrorMessageSizeExceeded", message: "The request exceeds the maximum size of 4 MB."}
	errEncoding      = &failure{status: http.StatusUnsupportedMediaType, code: "UnsupportedMediaType", message: "The content encoding is not supported."}
	errBadJSON       = &failure{status: http.StatusBadRequest, code: "BadRequest", message: "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."}
	errInternal      = &failure{status: http.StatusInternalServerError, code: "ErrorInternalServerError", message: "An internal server error occurred. The operation failed."}
	errDeleteDefault = &failure{status: http.StatusForbidden, code: "ErrorDeleteDistinguishedFolder", message: "Distinguished folders cannot be deleted."}
	errEmptyToken    = &failure{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Access token is empty."}
	errBadToken      = &failure{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Access token validation failure."}
	errExpiredToken  = &failure{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Lifetime validation failed, the token is expired."}
	errAudience      = &failure{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Access token validation failure. Invalid audience."}
	errAccessDenied  = &failure{status: http.StatusForbidden, code: "ErrorAccessDenied", message: "Access is denied. Check credentials and try again."}
	errNoPrivilege   = &failure{status: http.StatusForbidden, code: "Authorization_RequestDenied", message: "Insufficient privileges to complete the operation."}
	errAppOnlyMe     = &failure{status: http.StatusBadRequest, code: "BadRequest", message: "/me request is only valid with delegated authentication flow."}
	errNoSyncFolder  = &failure{status: http.StatusNotFound, code: "ErrorSyncFolderNotFound", message: "The folder to synchronize could not be found in the store."}
	errSyncUnknown   = &failure{status: http.StatusGone, code: "SyncStateNotFound", message: "The sync state generation is not found."}
	errSyncInvalid   = &failure{status: http.StatusGone, code: "SyncStateInvalid", message: "The sync state is not valid."}
	errResync        = &failure{status: http.StatusGone, code: "resyncRequired", message: "Resync required. The sync state is too old."}
	errDependency    = &failure{status: http.StatusFailedDependency, code: "FailedDependency", message: "The request that this one depends on has failed."}
	errSegment       = &failure{status: http.StatusBadRequest, code: "BadRequest", message: "Resource not found for the segment."}
)

// errQuota is the answer of a full mailbox; both statuses occur.
func errQuota(c *call) *failure {
	status := [...]int{http.StatusForbidden, http.StatusInsufficientStorage}[c.n%2]
	return &failure{status: status, code: "ErrorQuotaExceeded", message: "The mailbox has exceeded its quota."}
}

func badRequest(code, format string, args ...any) *failure {
	return &failure{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...)}
}

// unreadable is the answer to a body whose members do not fit the type.
func unreadable(format string, args ...any) *failure {
	return badRequest("RequestBodyRead", format, args...)
}

func tooMany(property string, got, limit int) *failure {
	return badRequest("ErrorInvalidArgument",
		"The multi value property %s has %d entries, that exceeds the max allowed value of %d", property, got, limit)
}
