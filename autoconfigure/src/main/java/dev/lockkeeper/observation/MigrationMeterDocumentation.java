// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import org.jspecify.annotations.Nullable;

/**
 * The gauges and counters, with their names and tags.
 */
@SuppressWarnings("ImmutableEnumChecker") // only copies of the arrays are handed out
enum MigrationMeterDocumentation implements MeterDocumentation {

	/** Whether the process may serve. */
	READY("lockkeeper.ready", Meter.Type.GAUGE, null,
			"1 while every schema is what this process needs to serve, else 0", Tag.MODE),

	/** The status of a schema. */
	SCHEMA_STATUS("lockkeeper.schema.status", Meter.Type.GAUGE, null,
			"1 in the series of the status that the schema has, 0 in the others", Tag.SCHEMA, Tag.MODE,
			Tag.SCHEMA_STATUS),

	/** The version of a schema. */
	SCHEMA_VERSION("lockkeeper.schema.version", Meter.Type.GAUGE, null,
			"Number in the history of the change set that was executed last, which the tag names", Tag.SCHEMA, Tag.MODE,
			Tag.VERSION),

	/** The run in progress. */
	RUN_PROGRESS("lockkeeper.schema.run.progress", Meter.Type.GAUGE, null,
			"Share of what was pending for the run in progress that is known to be done, from 0 to 1; the tag names its host",
			Tag.SCHEMA, Tag.MODE, Tag.HOST),

	/** How often the run in progress was blocked. */
	RUN_BLOCKED("lockkeeper.schema.run.blocked", Meter.Type.GAUGE, null,
			"Times that a change set of the run in progress was rolled back because other sessions were in its way, 0 without a run",
			Tag.SCHEMA, Tag.MODE),

	/** Pending change sets. */
	SCHEMA_PENDING("lockkeeper.schema.pending", Meter.Type.GAUGE, null,
			"Number of change sets that this code expects and the schema lacks", Tag.SCHEMA, Tag.MODE),

	/** The next change set. */
	SCHEMA_NEXT("lockkeeper.schema.next", Meter.Type.GAUGE, null,
			"Number of change sets that this code expects and the schema lacks, the first of which the tag names",
			Tag.SCHEMA, Tag.MODE, Tag.NEXT_CHANGE_SET),

	/** Unknown change sets. */
	SCHEMA_UNKNOWN("lockkeeper.schema.unknown", Meter.Type.GAUGE, null,
			"Number of change sets in the history that this code does not have", Tag.SCHEMA, Tag.MODE),

	/** How long the lock has been held. */
	LOCK_HELD("lockkeeper.schema.lock.held", Meter.Type.GAUGE, "seconds",
			"Time for which the lease had been held at the last inspection, 0 when it was free", Tag.SCHEMA, Tag.MODE),

	/** Whether the last run failed. */
	LAST_RUN_FAILED("lockkeeper.last.run.failed", Meter.Type.GAUGE, null,
			"1 when the last run that this process knows failed and another one would, too; else 0", Tag.SCHEMA,
			Tag.MODE),

	/** Whether the last run crashed. */
	LAST_RUN_CRASHED("lockkeeper.last.run.crashed", Meter.Type.GAUGE, null,
			"1 when the process of the last run that this process knows died in it, else 0", Tag.SCHEMA, Tag.MODE),

	/** How the last run ended. */
	LAST_RUN_VERDICT("lockkeeper.last.run.verdict", Meter.Type.GAUGE, "seconds",
			"When the last run that this process knows ended, in seconds since 1970; the tags have how it ended",
			Tag.SCHEMA, Tag.MODE, Tag.LAST_STATUS, Tag.SQL_STATE, Tag.LAST_CHANGE_SET),

	/** When the last run ended. */
	LAST_RUN_ENDED("lockkeeper.last.run.ended", Meter.Type.GAUGE, "seconds",
			"When the last run that this process knows ended, in seconds since 1970", Tag.SCHEMA, Tag.MODE),

	/** Lost leases. */
	LEASES_LOST("lockkeeper.leases.lost", Meter.Type.COUNTER, null, "Locks that a run of this process held, and lost",
			Tag.SCHEMA, Tag.MODE),

	/** Takeovers. */
	TAKEOVERS("lockkeeper.takeovers", Meter.Type.COUNTER, null,
			"Locks that a run of this process took from a holder that never released them: a run that crashed",
			Tag.SCHEMA, Tag.MODE),

	/** Retries. */
	RETRIES("lockkeeper.retries", Meter.Type.COUNTER, null,
			"Times that a run of this process went on after it had lost its connection", Tag.SCHEMA, Tag.MODE),

	/** Blocked change sets. */
	BLOCKED("lockkeeper.blocked", Meter.Type.COUNTER, null,
			"Times that a change set of a run of this process was rolled back because other sessions were in its way",
			Tag.SCHEMA, Tag.MODE);

	private final String meterName;

	private final Meter.Type type;

	private final @Nullable String baseUnit;

	private final String meaning;

	private final KeyName[] keyNames;

	MigrationMeterDocumentation(String meterName, Meter.Type type, @Nullable String baseUnit, String meaning,
			KeyName... keyNames) {
		this.meterName = meterName;
		this.type = type;
		this.baseUnit = baseUnit;
		this.meaning = meaning;
		this.keyNames = keyNames;
	}

	@Override
	public String getName() {
		return this.meterName;
	}

	@Override
	public Meter.Type getType() {
		return this.type;
	}

	@Override
	public @Nullable String getBaseUnit() {
		return this.baseUnit;
	}

	@Override
	public KeyName[] getKeyNames() {
		return this.keyNames.clone();
	}

	String getMeaning() {
		return this.meaning;
	}

}
