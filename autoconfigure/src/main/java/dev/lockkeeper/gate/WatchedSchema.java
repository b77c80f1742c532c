// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.Sentences;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LookConnection;
import dev.lockkeeper.schema.MissingSchemaException;
import dev.lockkeeper.schema.SchemaInspector;
import dev.lockkeeper.schema.SchemaLook;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * One schema behind the gate: what the last look found, and whether the process may serve
 * on it. Looks are made one at a time. What is known may be asked at any time, on any
 * thread, and waits for no look.
 */
final class WatchedSchema {

	private static final Log logger = LogFactory.getLog(WatchedSchema.class);

	private final SchemaInspector inspector;

	private final Clock clock;

	private final Consumer<SchemaLook> listener;

	private final ReentrantLock looking = new ReentrantLock();

	private @Nullable HistoryMark mark;

	/**
	 * When the last exact look was made, if there was one.
	 */
	private @Nullable Instant lookedAt;

	/**
	 * The failure of the last look, if it failed for a foreseen reason.
	 */
	private @Nullable SchemaUnreadableException failure;

	/**
	 * The problem that the log has warned of last, so that it warns once.
	 */
	private @Nullable String warned;

	private volatile SchemaLook known;

	private volatile boolean served;

	/**
	 * Whether the log has what is known.
	 */
	private boolean logged;

	/**
	 * Create a watched schema.
	 * @param inspector looks at the schema
	 * @param state what is known of it
	 * @param logged whether the log has that already
	 * @param clock tells the time of looks
	 * @param listener gets what each look finds
	 */
	WatchedSchema(SchemaInspector inspector, SchemaState state, boolean logged, Clock clock,
			Consumer<SchemaLook> listener) {
		this.logged = logged;
		this.inspector = inspector;
		this.clock = clock;
		this.listener = listener;
		this.known = SchemaLook.of(state);
		this.served = state.status().isServed();
	}

	SchemaLook getKnown() {
		return this.known;
	}

	boolean isServed() {
		return this.served;
	}

	void refresh(LookConnection connection) {
		lock(connection);
		try {
			refreshLocked(connection);
		}
		finally {
			this.looking.unlock();
		}
	}

	// The look under way may be waiting for the connection that this one keeps
	private void lock(LookConnection connection) {
		if (!this.looking.tryLock()) {
			connection.close();
			this.looking.lock();
		}
	}

	private void refreshLocked(LookConnection connection) {
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, this.inspector.getName())) {
			refreshOrFail(connection);
		}
	}

	private void refreshOrFail(LookConnection connection) {
		try {
			HistoryMark now = this.inspector.mark(connection);
			// No mark shows when another process releases the lock that a run waits for
			boolean visible = this.known.run() == null || this.known.isHeldByRun();
			if (now.equals(this.mark) && this.known.state().status().isServed() && visible) {
				accept(this.known.confirmed(this.clock.instant()));
			}
			else {
				look(connection);
			}
			// Runs that could not be read are read again
			boolean missed = now.lastRun() != null && this.known.run() == null && this.known.runs().isEmpty();
			this.mark = missed ? null : now;
		}
		catch (RuntimeException ex) {
			failed(ex);
		}
	}

	<T> T ask(Function<SchemaInspector, T> question) {
		this.looking.lock();
		try (LogContext schema = LogContext.with(LogContext.SCHEMA, this.inspector.getName())) {
			return question.apply(this.inspector);
		}
		finally {
			this.looking.unlock();
		}
	}

	// A caller that has waited for a long look takes what that has found
	SchemaLook look(Duration age, LookConnection connection) {
		lock(connection);
		try {
			lookLocked(age, connection);
			return this.known;
		}
		finally {
			this.looking.unlock();
		}
	}

	private void lookLocked(Duration age, LookConnection connection) {
		Instant last = this.lookedAt;
		if (last == null || last.plus(age).isBefore(this.clock.instant())) {
			this.mark = null;
			try (LogContext schema = LogContext.with(LogContext.SCHEMA, this.inspector.getName())) {
				lookOrFail(connection);
			}
		}
	}

	private void lookOrFail(LookConnection connection) {
		try {
			look(connection);
		}
		catch (RuntimeException ex) {
			failed(ex);
			this.lookedAt = this.clock.instant();
		}
	}

	private void look(LookConnection connection) {
		SchemaLook look = this.inspector.look(connection);
		this.failure = null;
		this.warned = null;
		accept(look);
		this.lookedAt = this.clock.instant();
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
			logger.debug("lockkeeper - the look at a schema failed", failure);
			problem = failure.getClass().getSimpleName();
		}
		accept(this.known.became(this.known.state().becameUnreadable(this.clock.instant(), problem)));
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

	private void accept(SchemaLook next) {
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
