// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import io.micrometer.common.docs.KeyName;

/**
 * The tags of everything that is measured or observed.
 */
enum Tag implements KeyName {

	/** The schema. */
	SCHEMA("schema", "Name of the schema, as in `/actuator/schema`: that of its bean"),

	/** The mode. */
	MODE("mode", "Mode of the process: `SELF`, `DEFER` or `MIGRATE_ONLY`"),

	/** How a run went. */
	RUN_OUTCOME("outcome", "`MIGRATED`, `NOTHING_TO_DO` or `FAILED`"),

	/** How a run would end its process. */
	EXIT_STATUS("status", "Name of the [exit code](exit-codes.md), or `UNFORESEEN`"),

	/** How a wait for the lock went. */
	LOCK_OUTCOME("outcome", "`ACQUIRED`, `MIGRATED_BY_ANOTHER` or `FAILED`"),

	/** What became of a change set. */
	CHANGE_SET_OUTCOME("outcome", "`EXECUTED`, `RERAN`, `MARK_RAN`, `SKIPPED`, `BLOCKED` or `FAILED`"),

	/** A status of a schema. */
	SCHEMA_STATUS("status", "Each [status](modes-and-statuses.md) of a schema has a series of its own"),

	/** A version of a schema. */
	VERSION("version",
			"Id and author of the change set that was executed last; `none` when there is none, `unknown` until it was read"),

	/** What is missing. */
	NEXT_CHANGE_SET("change.set",
			"File, id and author of the first change set that is pending; `none` when there is none, `unknown` until the history was read"),

	/** How the last run ended. */
	LAST_STATUS("status",
			"Name of the [exit code](exit-codes.md), `UNFORESEEN`, or `CRASHED`; `none` until a run is known"),

	/** The SQLSTATE of the last run. */
	SQL_STATE("sql.state", "SQLSTATE that the run ended with; `none` when the database gave none"),

	/** Where the last run ended. */
	LAST_CHANGE_SET("change.set",
			"File, id and author of the change set that failed or was under way; `none` when none was"),

	/** The host of the run in progress. */
	HOST("host", "Host whose run is in progress; `none` when none is known"),

	/** The run. */
	RUN("run.id", "Identifier of the run, as in the verdict"),

	/** The change set. */
	CHANGE_SET("change.set", "File, id and author of the change set");

	private final String key;

	private final String meaning;

	Tag(String key, String meaning) {
		this.key = key;
		this.meaning = meaning;
	}

	@Override
	public String asString() {
		return this.key;
	}

	String getMeaning() {
		return this.meaning;
	}

}
