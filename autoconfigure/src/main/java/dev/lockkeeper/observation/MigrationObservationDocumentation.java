// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.docs.ObservationDocumentation;

/**
 * The observations of a run, with their names and tags. Each of them is a timer, a long
 * task timer while it lasts, and a span where there is a tracer.
 */
@SuppressWarnings("ImmutableEnumChecker") // only copies of the arrays are handed out
enum MigrationObservationDocumentation implements ObservationDocumentation {

	/** A run. */
	RUN("lockkeeper.run", "schema migration",
			"One run: from the first inspection of the schema to the last, waiting included",
			new KeyName[] { Tag.SCHEMA, Tag.MODE, Tag.RUN_OUTCOME, Tag.EXIT_STATUS }, new KeyName[] { Tag.RUN }),

	/** The wait for the lock. */
	LOCK_WAIT("lockkeeper.lock.wait", "schema lock wait",
			"The wait for the lock, within a run that has something to do; short when the lock is free",
			new KeyName[] { Tag.SCHEMA, Tag.MODE, Tag.LOCK_OUTCOME }, new KeyName[] { Tag.RUN }),

	/** A change set. */
	CHANGE_SET("lockkeeper.change.set", "schema change set", "One change set, within a run",
			new KeyName[] { Tag.SCHEMA, Tag.MODE, Tag.CHANGE_SET_OUTCOME }, new KeyName[] { Tag.RUN, Tag.CHANGE_SET });

	private final String observationName;

	private final String contextualName;

	private final String meaning;

	private final KeyName[] lowCardinality;

	private final KeyName[] highCardinality;

	MigrationObservationDocumentation(String observationName, String contextualName, String meaning,
			KeyName[] lowCardinality, KeyName[] highCardinality) {
		this.observationName = observationName;
		this.contextualName = contextualName;
		this.meaning = meaning;
		this.lowCardinality = lowCardinality;
		this.highCardinality = highCardinality;
	}

	@Override
	public String getName() {
		return this.observationName;
	}

	@Override
	public String getContextualName() {
		return this.contextualName;
	}

	@Override
	public KeyName[] getLowCardinalityKeyNames() {
		return this.lowCardinality.clone();
	}

	@Override
	public KeyName[] getHighCardinalityKeyNames() {
		return this.highCardinality.clone();
	}

	String getMeaning() {
		return this.meaning;
	}

}
