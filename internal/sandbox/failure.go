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
	errNoPhoto       = &failure{status: http.StatusNotFound, code: "ErrorItemNotFound", message: "The specified object was not found in the store., The photo wasn't found."}
	errNotSupported  = &failure{status: http.StatusMethodNotAllowed, code: "ErrorInvalidRequest", message: "The OData request is not supported."}
	errTooLarge      = &failure{status: http.StatusRequestEntityTooLarge, code: "ErrorMessageSizeExceeded", message: "The request exceeds the maximum size of 4 MB."}
	errBadJSON       = &failure{status: http.StatusBadRequest, code: "BadRequest", message: "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."}
	errInternal      = &failure{status: http.StatusInternalServerError, code: "ErrorInternalServerError", message: "An internal server error occurred. The operation failed."}
	errDeleteDefault = &failure{status: http.StatusForbidden, code: "ErrorDeleteDistinguishedFolder", message: "Distinguished folders cannot be deleted."}
	errEmptyToken    = &failure{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Access token is empty."}
	errBadToken      = &failure{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Access token validation failure."}
	errExpiredToken  = &failure{status: http.StatusUnauthorized, code: "InvalidAuthenticationToken", message: "Lifetime validation failed, the token is expired."}
	errNotBuilt      = &failure{status: http.StatusNotImplemented, code: "NotImplemented", message: "The requested operation is not implemented."}
	errSegment       = &failure{status: http.StatusBadRequest, code: "BadRequest", message: "Resource not found for the segment."}
)

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
