// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.util.List;
import java.util.Map;

import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;

/**
 * What an operator may find at three o'clock in the morning.
 */
@SuppressWarnings("ImmutableEnumChecker")
enum Scene {

	CURRENT(true, Night.one(Night.state(SchemaStatus.CURRENT, 0, 0, 0), Night.runs())),

	AHEAD(true, Night.one(Night.state(SchemaStatus.AHEAD, 0, 2, 0), Night.runs())),

	PENDING(false, Night.one(Night.state(SchemaStatus.PENDING, 3, 0, 0), Night.runs())),

	MANY_PENDING(false, Night.one(Night.state(SchemaStatus.PENDING, 13, 0, 0), Night.runs())),

	EMPTY(false, Night.one(Night.empty(), List.of())),

	CHANGED(true, Night.one(Night.state(SchemaStatus.CHANGED, 0, 0, 1), Night.runs())),

	UNREADABLE(true,
			Night.one(Night.state(SchemaStatus.CURRENT, 0, 0, 0)
				.becameUnreadable(Night.NOW, "The database does not answer: Connection to harbour-db:5432 refused."),
					Night.runs())),

	UNREADABLE_FROM_THE_START(false,
			Night.one(SchemaState.unreadable(Night.NOW, "ERROR: permission denied for table databasechangelog"),
					List.of())),

	RUNNING(false, Night.running(List.of())),

	BLOCKED(false, Night.running(Night.blockers())),

	BETWEEN_ATTEMPTS(false, Night.betweenAttempts()),

	LOCKED(false, Night.one(Night.locked(), Night.runs())),

	FAILED(false, Night.one(Night.state(SchemaStatus.PENDING, 1, 0, 0), Night.before(Night.failed()))),

	STOPPED(false, Night.one(Night.state(SchemaStatus.PENDING, 1, 0, 0), Night.before(Night.stopped()))),

	CRASHED(false, Night.one(Night.state(SchemaStatus.PENDING, 1, 0, 0), Night.before(Night.crashed()))),

	SEVERAL(false, Night.several()),

	NOTHING(true, Map.of()),

	LONG(false, Night.named(Night.LONG)),

	HOSTILE(false, Night.named(Night.SCRIPT));

	private final boolean open;

	private final Map<String, SchemaInspection> inspections;

	Scene(boolean open, Map<String, SchemaInspection> inspections) {
		this.open = open;
		this.inspections = inspections;
	}

	boolean isOpen() {
		return this.open;
	}

	Map<String, SchemaInspection> inspections() {
		return this.inspections;
	}

	String toHtml() {
		return toHtml(true);
	}

	String toHtml(boolean sql) {
		return SchemaPage.toHtml(Night.DECISION, Night.CONTEXT, this.inspections, this.open, sql);
	}

}
