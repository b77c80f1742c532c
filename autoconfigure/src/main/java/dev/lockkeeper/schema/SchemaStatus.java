// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

/**
 * What a schema is for one release of the code.
 *
 * @since 0.1.0
 */
public enum SchemaStatus {

	/** Every expected change set is in the history, and nothing unknown. */
	CURRENT(true),

	/** As {@link #CURRENT}, and newer code has been at the schema. */
	AHEAD(true),

	/** An expected change set is missing, whatever else is the case. */
	PENDING(false),

	/** An expected change set was applied with another checksum. */
	CHANGED(false),

	/**
	 * The database does not answer, reading is not permitted, a setting names a schema
	 * that does not exist, or the history is in another schema.
	 */
	UNREADABLE(false);

	private final boolean served;

	SchemaStatus(boolean served) {
		this.served = served;
	}

	/**
	 * Return whether code that starts may serve on a schema of this status.
	 * @return whether what the code needs is there
	 */
	public boolean isServed() {
		return this.served;
	}

	/**
	 * Return whether the status is no evidence against a schema that is served already.
	 * @return whether a process that serves goes on
	 */
	public boolean isServedOn() {
		return this.served || this == CHANGED || this == UNREADABLE;
	}

}
