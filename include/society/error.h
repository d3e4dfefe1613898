/* SPDX-License-Identifier: MIT */
/*
 * Results.
 *
 * Every function of the library that can fail returns an int: 0 or a positive number is success, a
 * number from -4095 to -1 is a negated errno of the system (-ENOSPC, -EACCES, …), and the numbers
 * below are the outcomes that belong to this library. On failure the outputs (`ret_…`) are
 * untouched, and society_last_message() of the handle says in words what was wrong, with the field,
 * the file and the position where there are such.
 */
#ifndef SOCIETY_ERROR_H
#define SOCIETY_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Somebody else holds it: another live process joined as this agent. */
#define SOCIETY_E_HELD (-4096)
/* There is no such agent, message, attachment or log. */
#define SOCIETY_E_NOT_FOUND (-4097)
/* The token is no longer the current one: the claim was taken over. */
#define SOCIETY_E_FENCED (-4098)
/* Waiting would close a cycle of agents that wait for each other. */
#define SOCIETY_E_DEADLOCK (-4099)
/* The deadline passed; nothing was written. */
#define SOCIETY_E_TIMEOUT (-4100)
/* What is stored does not match its own checksum or structure. */
#define SOCIETY_E_CORRUPT (-4101)
/* A file is of a format that this library does not read: malformed, or of a later version. */
#define SOCIETY_E_FORMAT (-4102)
/* An argument or a field is missing, of the wrong type, or out of its range. */
#define SOCIETY_E_INVALID (-4103)
/* Locks may not hold between the processes that share this file system. */
#define SOCIETY_E_UNSAFE_FILESYSTEM (-4104)
/* A file of the society is a symbolic link, FIFO, device or directory, or has foreign hard links.
 */
#define SOCIETY_E_UNSAFE_FILE (-4105)
/* git refused, or a repository could not be read. */
#define SOCIETY_E_GIT (-4106)
/* No society was found: there is no `.society-agent` directory here or above. */
#define SOCIETY_E_NO_SOCIETY (-4107)
/* The handle has no agent id, and this call needs one. */
#define SOCIETY_E_NO_AGENT (-4108)
/* The society's directory was removed while it was in use. */
#define SOCIETY_E_GONE (-4109)
/* A record or attachment is larger than the format allows. */
#define SOCIETY_E_TOO_BIG (-4110)
/* society_tail_wake() ended the wait. */
#define SOCIETY_E_WOKEN (-4111)
/* The fold voided the record: an unlocked writer was faster. */
#define SOCIETY_E_VOID (-4112)

/**
 * A short description of a result, such as "held by another" or "No space left on device".
 *
 * @param result  any value that a function of this library returned
 *
 * Does not block. The string is static; unknown values give "unknown error". Since 0.1.0.
 */
const char *society_strerror(int result);

/**
 * The symbolic name of a result, such as "HELD" or "ENOSPC"; "OK" for 0 and positive numbers.
 *
 * @param result  any value that a function of this library returned
 *
 * Does not block. The string is static; unknown values give "UNKNOWN". Since 0.1.0.
 */
const char *society_error_name(int result);

#ifdef __cplusplus
}
#endif

#endif
