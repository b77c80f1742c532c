// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.InspectionConnection;
import dev.lockkeeper.schema.MissingSchemaException;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaInspector;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.wording.Sentences;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * One schema behind the gate: its last inspection, and whether the process may serve on
 * it. Inspections are made one at a time. What is known may be read at any time, on any
 * thread, without waiting for an inspection.
 */
final class WatchedSchema {

	private static final Log logger = LogFactory.getLog(WatchedSchema.class);

	private final SchemaInspector inspector;

	private final Clock clock;

	private final Consumer<SchemaInspection> listener;

	private final ReentrantLock inspecting = new ReentrantLock();

	private @Nullable HistoryMark mark;

	/**
	 * When all that an answer shows was read last, if it was.
	 */
	private @Nullable Instant inspectedAt;

	/**
	 * The failure of the last inspection, if it failed for a foreseen reason.
	 */
	private @Nullable SchemaUnreadableException failure;

	/**
	 * The problem of the last warning in the log, so that it is logged once.
	 */
	private @Nullable String warned;

	private volatile SchemaInspection known;

	private volatile boolean served;

	/**
	 * Whether what is known has been logged.
	 */
	private boolean logged;

	/**
	 * Create a watched schema.
	 * @param inspector inspects the schema
	 * @param state what is known of it
	 * @param logged whether that has been logged already
	 * @param clock the clock that dates inspections
	 * @param listener receives each inspection
	 */
	WatchedSchema(SchemaInspector inspector, SchemaState state, boolean logged, Clock clock,
			Consumer<SchemaInspection> listener) {
		this.logged = logged;
		this.inspector = inspector;
		this.clock = clock;
		this.listener = listener;
		this.known = SchemaInspection.of(state);
		this.served = state.status().isServed();
	}

	SchemaInspection getKnown() {
		return this.known;
	}

	boolean isServed() {
		return this.served;
	}

	void refresh(InspectionConnection connection) {
		lock(connection);
		try {
			refreshLocked(connection);
		}
		finally {
			this.inspecting.unlock();
		}
	}

	// The inspection under way may be waiting for the connection that this one keeps
	private void lock(InspectionConnection connection) {
		if (!this.inspecting.tryLock()) {
			connection.close();
			this.inspecting.lock();
		}
	}

	private void refreshLocked(InspectionConnection connection) {
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, this.inspector.getName())) {
			refreshOrFail(connection);
		}
	}

	private void refreshOrFail(InspectionConnection connection) {
		try {
			HistoryMark now = this.inspector.mark(connection);
			// No mark shows when another process releases the lock that a run waits for
			boolean visible = this.known.run() == null || this.known.isHeldByRun();
			if (isStillServed(now) && visible) {
				accept(this.known.confirmed(this.clock.instant()));
			}
			else {
				inspectExactly(connection);
			}
			remember(now);
		}
		catch (RuntimeException ex) {
			failed(ex);
		}
	}

	private boolean isStillServed(HistoryMark now) {
		return now.equals(this.mark) && this.known.state().status().isServed();
	}

	// Runs that could not be read are read again
	private void remember(HistoryMark now) {
		boolean missed = now.lastRun() != null && this.known.run() == null && this.known.runs().isEmpty();
		this.mark = missed ? null : now;
	}

	<T> T ask(Function<SchemaInspector, T> question) {
		this.inspecting.lock();
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, this.inspector.getName())) {
			return question.apply(this.inspector);
		}
		finally {
			this.inspecting.unlock();
		}
	}

	// A caller that has waited for a long inspection gets the result of that one
	SchemaInspection inspect(Duration age, InspectionConnection connection) {
		lock(connection);
		try {
			inspectLocked(age, connection);
			return this.known;
		}
		finally {
			this.inspecting.unlock();
		}
	}

	private void inspectLocked(Duration age, InspectionConnection connection) {
		Instant last = this.inspectedAt;
		if (last == null || last.plus(age).isBefore(this.clock.instant())) {
			try (LogContext schema = LogContext.with(LogContext.SCHEMA, this.inspector.getName())) {
				inspectOrFail(connection);
			}
		}
	}

	private void inspectOrFail(InspectionConnection connection) {
		try {
			HistoryMark now = this.inspector.mark(connection);
			if (isStillServed(now)) {
				accept(this.inspector.confirm(connection, this.known));
			}
			else {
				inspectExactly(connection);
			}
			remember(now);
		}
		catch (RuntimeException ex) {
			failed(ex);
		}
		this.inspectedAt = this.clock.instant();
	}

	private void inspectExactly(InspectionConnection connection) {
		SchemaInspection inspection = this.inspector.inspectWithRuns(connection);
		this.failure = null;
		this.warned = null;
		accept(inspection);
		this.inspectedAt = this.clock.instant();
		// A run changes the history again and again
		if (inspection.state().status().isServed() && inspection.state().lock() == null && inspection.run() == null) {
			this.inspector.forgetCode();
		}
	}

	private void failed(RuntimeException failure) {
		this.mark = null;
		String problem;
		if (failure instanceof SchemaUnreadableException foreseen) {
			this.failure = foreseen;
			problem = foreseen.getReason();
		}
		else {
			this.failure = null;
			logger.debug("lockkeeper - the inspection of a schema failed", failure);
			problem = failure.getClass().getSimpleName();
		}
		accept(this.known.afterFailure(this.known.state().becameUnreadable(this.clock.instant(), problem)));
		if (needsOperator() && !problem.equals(this.warned)) {
			this.warned = problem;
			logger.warn("lockkeeper - the schema cannot be read (schema %s, this process is %s: %s); %s".formatted(
					this.inspector.getName(), readiness(), Sentences.inParentheses(problem),
					action(this.known.state())));
		}
	}

	// Such a failure does not pass by itself
	private boolean needsOperator() {
		SchemaUnreadableException last = this.failure;
		return last != null && (last.needsOperator() || last.getStatus() == ExitStatus.CHANGELOG);
	}

	private void accept(SchemaInspection next) {
		SchemaStatus before = this.known.state().status();
		SchemaStatus now = next.state().status();
		boolean servedBefore = this.served;
		boolean gone = this.failure instanceof MissingSchemaException;
		this.served = now.isServed() || (servedBefore && now.isServedOn() && !gone);
		this.known = next;
		this.listener.accept(next);
		if (before != now || !this.logged) {
			this.logged = true;
			log(next.state(), servedBefore);
		}
	}

	private void log(SchemaState next, boolean servedBefore) {
		String name = this.inspector.getName();
		if (next.status().isServed()) {
			logger.info("lockkeeper - the schema is served (schema %s, %s%s)".formatted(name, next.status(),
					next.version(", at ")));
		}
		else if (!servedBefore && needsOperator()) {
			logger.debug("lockkeeper - the schema is not served yet (schema %s, %s)".formatted(name, next.status()));
		}
		else if (!servedBefore) {
			logger.info("lockkeeper - the schema is not served yet (schema %s, %s, %s); %s".formatted(name,
					next.status(), facts(next), action(next)));
		}
		else {
			this.warned = next.problem();
			logger.warn("lockkeeper - the schema became %s (schema %s, %s; this process is %s); %s"
				.formatted(next.status(), name, facts(next), readiness(), action(next)));
		}
	}

	private String readiness() {
		return this.served ? "still ready" : "not ready";
	}

	private static String facts(SchemaState state) {
		return switch (state.status()) {
			case PENDING -> "missing: " + SchemaState.name(state.pending());
			case CHANGED -> "changed: " + SchemaState.name(state.changed());
			default -> Sentences.inParentheses(String.valueOf(state.problem()));
		};
	}

	private String action(SchemaState state) {
		SchemaUnreadableException last = this.failure;
		if (last != null && needsOperator()) {
			return Sentences.afterSemicolon(last.getAction());
		}
		return switch (state.status()) {
			case PENDING -> "run the migration of this release";
			case CHANGED -> "undo the change to what was applied, before this process is started again";
			default -> "check the database";
		};
	}

}
