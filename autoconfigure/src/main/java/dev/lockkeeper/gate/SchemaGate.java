// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.gate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.Sentences;
import dev.lockkeeper.logging.LogContext;
import dev.lockkeeper.schema.AppliedChangeSets;
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
 * Knows of each governed schema what the last look found, and whether this process may
 * serve on it. Asking never touches a database; looking again does. Safe for use by
 * several threads.
 *
 * @since 0.1.0
 */
public final class SchemaGate {

	private static final Log logger = LogFactory.getLog(SchemaGate.class);

	private final Map<String, Watched> schemas = new ConcurrentHashMap<>();

	private final CopyOnWriteArrayList<String> order = new CopyOnWriteArrayList<>();

	private final Map<String, List<Consumer<SchemaLook>>> listeners = new ConcurrentHashMap<>();

	private final Clock clock;

	/**
	 * Create a gate that is open, because nothing is known to be missing.
	 * @param clock tells the time of looks
	 */
	public SchemaGate(Clock clock) {
		this.clock = clock;
	}

	/**
	 * Add a schema that has not been looked at yet. The gate is closed until it has been.
	 * @param inspector looks at the schema
	 */
	public void add(SchemaInspector inspector) {
		add(inspector, SchemaState.unreadable(this.clock.instant(), "Not looked at yet."), false);
	}

	/**
	 * Add a schema.
	 * @param inspector looks at the schema from now on
	 * @param state what has been found
	 */
	public void add(SchemaInspector inspector, SchemaState state) {
		add(inspector, state, true);
	}

	private void add(SchemaInspector inspector, SchemaState state, boolean looked) {
		String name = inspector.getName();
		this.schemas.put(name, new Watched(inspector, state, looked, (next) -> tell(name, next)));
		this.order.addIfAbsent(name);
		tell(name, SchemaLook.of(state));
	}

	/**
	 * Be told of a schema, which need not have been added yet.
	 * @param name the name of the schema
	 * @param listener is told at once what is known, if anything is, and after each look
	 * what that has found; on the thread of the look, which it must not hold up
	 */
	public void listen(String name, Consumer<SchemaLook> listener) {
		this.listeners.computeIfAbsent(name, (key) -> new CopyOnWriteArrayList<>()).add(listener);
		SchemaLook known = getKnown(name);
		if (known != null) {
			tell(listener, known);
		}
	}

	private void tell(String name, SchemaLook look) {
		this.listeners.getOrDefault(name, List.of()).forEach((listener) -> tell(listener, look));
	}

	// A listener does not decide whether a process is ready
	private static void tell(Consumer<SchemaLook> listener, SchemaLook look) {
		try {
			listener.accept(look);
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - a listener to the looks at a schema failed", ex);
		}
	}

	/**
	 * Return whether this process may serve.
	 * @return whether what the code needs is there, in every schema
	 */
	public boolean isOpen() {
		return this.schemas.values().stream().allMatch(Watched::isServed);
	}

	/**
	 * Return what the last looks found.
	 * @return the states by the names of the schemas, in the order in which these were
	 * added
	 */
	public Map<String, SchemaState> getStates() {
		Map<String, SchemaState> states = new LinkedHashMap<>();
		for (String name : this.order) {
			SchemaLook known = getKnown(name);
			if (known != null) {
				states.put(name, known.state());
			}
		}
		return states;
	}

	/**
	 * Return what is known of one schema and its runs.
	 * @param name the name of the schema
	 * @return what the last look found, or {@code null} when no schema has that name; no
	 * runs are known before the first exact look
	 */
	public @Nullable SchemaLook getKnown(String name) {
		Watched watched = this.schemas.get(name);
		return (watched != null) ? watched.getKnown() : null;
	}

	/**
	 * Look again at every schema: first at what is cheap to see, and exactly when that
	 * shows a difference.
	 */
	public void refresh() {
		try (LookConnection connection = new LookConnection()) {
			for (String name : this.order) {
				Watched watched = this.schemas.get(name);
				if (watched != null) {
					watched.refresh(this.clock, connection);
				}
			}
		}
	}

	/**
	 * Look exactly at every schema and its runs, with one connection at a time: the same
	 * for all schemas that have the same data source.
	 * @param age how old an answer may be that was given before, and is given again
	 * without a look
	 * @return what was found by the names of the schemas, in the order in which these
	 * were added
	 */
	public Map<String, SchemaLook> look(Duration age) {
		Map<String, SchemaLook> looks = new LinkedHashMap<>();
		try (LookConnection connection = new LookConnection()) {
			for (String name : this.order) {
				SchemaLook look = look(name, age, connection);
				if (look != null) {
					looks.put(name, look);
				}
			}
		}
		return looks;
	}

	/**
	 * Look exactly at one schema and its runs, with one connection.
	 * @param name the name of the schema
	 * @param age how old an answer may be that was given before
	 * @return what was found, or {@code null} when no schema has that name
	 */
	public @Nullable SchemaLook look(String name, Duration age) {
		try (LookConnection connection = new LookConnection()) {
			return look(name, age, connection);
		}
	}

	/**
	 * Find change sets in the history of one schema, with one connection. Nothing that is
	 * read is kept, and what is known of the schema stays as it is.
	 * @param name the name of the schema
	 * @param filter the part that an id, an author or a file has, without regard to case
	 * @return what was found, or {@code null} when no schema has that name
	 */
	public @Nullable AppliedChangeSets findApplied(String name, String filter) {
		return ask(name, (inspector) -> findApplied(inspector, filter));
	}

	private AppliedChangeSets findApplied(SchemaInspector inspector, String filter) {
		Instant at = this.clock.instant();
		try (LookConnection connection = new LookConnection()) {
			return AppliedChangeSets.of(at, filter, inspector.readHistory(connection));
		}
		catch (SchemaUnreadableException ex) {
			return AppliedChangeSets.unreadable(at, filter, ex.getReason());
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - the history of a schema could not be read", ex);
			return AppliedChangeSets.unreadable(at, filter, ex.getClass().getSimpleName());
		}
	}

	private @Nullable SchemaLook look(String name, Duration age, LookConnection connection) {
		Watched watched = this.schemas.get(name);
		return (watched != null) ? watched.look(this.clock, age, connection) : null;
	}

	/**
	 * Ask a schema something that is no look. Looks at it wait until it has answered.
	 * @param <T> the type of the answer
	 * @param name the name of the schema
	 * @param question asks, and may throw what it likes
	 * @return the answer, or {@code null} when no schema has that name
	 */
	public <T> @Nullable T ask(String name, Function<SchemaInspector, T> question) {
		Watched watched = this.schemas.get(name);
		return (watched != null) ? watched.ask(question) : null;
	}

	/**
	 * One schema.
	 */
	private static final class Watched {

		private final SchemaInspector inspector;

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
		private boolean told;

		Watched(SchemaInspector inspector, SchemaState state, boolean told, Consumer<SchemaLook> listener) {
			this.told = told;
			this.inspector = inspector;
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

		void refresh(Clock clock, LookConnection connection) {
			lock(connection);
			try {
				refreshLocked(clock, connection);
			}
			finally {
				this.looking.unlock();
			}
		}

		// Whoever looks may be waiting for the connection that another one keeps
		private void lock(LookConnection connection) {
			if (!this.looking.tryLock()) {
				connection.close();
				this.looking.lock();
			}
		}

		private void refreshLocked(Clock clock, LookConnection connection) {
			try (LogContext schema = LogContext.with(LogContext.SCHEMA, this.inspector.getName())) {
				refreshOrFail(clock, connection);
			}
		}

		private void refreshOrFail(Clock clock, LookConnection connection) {
			try {
				HistoryMark now = this.inspector.mark(connection);
				// When somebody lets go for whom a run waits, no mark shows it
				boolean told = this.known.run() == null || this.known.isHeldByRun();
				if (now.equals(this.mark) && this.known.state().status().isServed() && told) {
					accept(this.known.confirmed(clock.instant()));
				}
				else {
					look(clock, connection);
				}
				// Runs that could not be read are looked for again
				boolean missed = now.lastRun() != null && this.known.run() == null && this.known.runs().isEmpty();
				this.mark = missed ? null : now;
			}
			catch (RuntimeException ex) {
				failed(clock, ex);
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

		// A look that takes long keeps others waiting, who then want no other one
		SchemaLook look(Clock clock, Duration age, LookConnection connection) {
			lock(connection);
			try {
				lookLocked(clock, age, connection);
				return this.known;
			}
			finally {
				this.looking.unlock();
			}
		}

		private void lookLocked(Clock clock, Duration age, LookConnection connection) {
			Instant last = this.lookedAt;
			if (last == null || last.plus(age).isBefore(clock.instant())) {
				this.mark = null;
				try (LogContext schema = LogContext.with(LogContext.SCHEMA, this.inspector.getName())) {
					lookOrFail(clock, connection);
				}
			}
		}

		private void lookOrFail(Clock clock, LookConnection connection) {
			try {
				look(clock, connection);
			}
			catch (RuntimeException ex) {
				failed(clock, ex);
				this.lookedAt = clock.instant();
			}
		}

		private void look(Clock clock, LookConnection connection) {
			SchemaLook look = this.inspector.look(connection);
			this.failure = null;
			this.warned = null;
			accept(look);
			this.lookedAt = clock.instant();
		}

		private void failed(Clock clock, RuntimeException failure) {
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
			accept(this.known.became(this.known.state().becameUnreadable(clock.instant(), problem)));
			if (isUpToPeople() && !problem.equals(this.warned)) {
				this.warned = problem;
				logger.warn("lockkeeper - the schema cannot be read (schema %s, this process is %s: %s); %s".formatted(
						this.inspector.getName(), readiness(), Sentences.inParentheses(problem),
						action(this.known.state())));
			}
		}

		// These do not pass by themselves: people have to change something
		private boolean isUpToPeople() {
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
			if (before != now || !this.told) {
				this.told = true;
				tell(next.state(), servedBefore);
			}
		}

		private void tell(SchemaState next, boolean servedBefore) {
			String name = this.inspector.getName();
			if (next.status().isServed()) {
				logger.info("lockkeeper - the schema is served (schema %s, %s%s)".formatted(name, next.status(),
						next.version(", at ")));
			}
			else if (!servedBefore && isUpToPeople()) {
				logger
					.debug("lockkeeper - the schema is not served yet (schema %s, %s)".formatted(name, next.status()));
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
			if (last != null && isUpToPeople()) {
				return Sentences.afterSemicolon(last.getAction());
			}
			return switch (state.status()) {
				case PENDING -> "run the migration of this release";
				case CHANGED -> "undo the change to what was applied, before this process is started again";
				default -> "check the database";
			};
		}

	}

}
