// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

/**
 * What kind of failure a database has reported, whichever database it is.
 *
 * @since 0.1.0
 */
public enum DatabaseFailure {

	/** The connection could not be opened, or is lost, or the database is starting. */
	UNREACHABLE,

	/** The database has as many connections as it allows. */
	TOO_MANY_CONNECTIONS,

	/** The database has ended the session, for a reason outside of it. */
	SESSION_ENDED,

	/** The statement was cancelled, or the session has taken longer than it may. */
	OUT_OF_TIME,

	/** A lock was not granted in time, or two transactions block each other. */
	LOCKED,

	/** The transaction conflicts with what others do or have done. */
	NOT_SERIALIZABLE,

	/** The database does not have what was asked for. */
	NOT_SUPPORTED,

	/** Nothing can be written, as on a standby. */
	READ_ONLY,

	/** Disk, memory or another resource is short. */
	SHORTAGE,

	/** The password is wrong, or the user is unknown. */
	WRONG_PASSWORD,

	/** The database does not let this user in. */
	LOGIN_REFUSED,

	/** The user lacks a right. */
	MISSING_RIGHT,

	/** The database that the URL names does not exist. */
	NO_SUCH_DATABASE,

	/** The statement is at fault, or the data that it works on. */
	OF_STATEMENT,

	/** The failure has no SQLSTATE. */
	UNKNOWN

}
