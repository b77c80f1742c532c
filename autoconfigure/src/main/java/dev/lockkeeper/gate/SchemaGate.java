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
import java.util.function.Consumer;
import java.util.function.Function;

import dev.lockkeeper.schema.AppliedChangeSets;
import dev.lockkeeper.schema.InspectionConnection;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaInspector;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Holds the last inspection of each governed schema, and whether this process may serve
 * on it. Reading what is known never touches a database; a refresh and an inspection do.
 * Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class SchemaGate {

	private static final Log logger = LogFactory.getLog(SchemaGate.class);

	private final Map<String, WatchedSchema> schemas = new ConcurrentHashMap<>();

	private final CopyOnWriteArrayList<String> order = new CopyOnWriteArrayList<>();

	private final Map<String, List<Consumer<SchemaInspection>>> listeners = new ConcurrentHashMap<>();

	private final Clock clock;

	/**
	 * Create a gate that is open, because nothing is known to be missing.
	 * @param clock the clock that dates inspections
	 */
	public SchemaGate(Clock clock) {
		this.clock = clock;
	}

	/**
	 * Add a schema that has not been inspected yet. The gate is closed until it has been.
	 * @param inspector inspects the schema
	 */
	public void add(SchemaInspector inspector) {
		add(inspector,
				SchemaState.unreadable(this.clock.instant(), "Not inspected yet.").withEngine(inspector.getEngine()),
				false);
	}

	/**
	 * Add a schema.
	 * @param inspector inspects the schema from now on
	 * @param state what has been found
	 */
	public void add(SchemaInspector inspector, SchemaState state) {
		add(inspector, state, true);
	}

	private void add(SchemaInspector inspector, SchemaState state, boolean inspected) {
		String name = inspector.getName();
		this.schemas.put(name,
				new WatchedSchema(inspector, state, inspected, this.clock, (next) -> publish(name, next)));
		this.order.addIfAbsent(name);
		publish(name, SchemaInspection.of(state));
	}

	/**
	 * Listen to the inspections of a schema, which need not have been added yet.
	 * @param name the name of the schema
	 * @param listener gets at once what is known, if anything is, and each later
	 * inspection, on the thread that inspects, which it must not delay
	 */
	public void listen(String name, Consumer<SchemaInspection> listener) {
		this.listeners.computeIfAbsent(name, (key) -> new CopyOnWriteArrayList<>()).add(listener);
		SchemaInspection known = getKnown(name);
		if (known != null) {
			publish(listener, known);
		}
	}

	private void publish(String name, SchemaInspection inspection) {
		this.listeners.getOrDefault(name, List.of()).forEach((listener) -> publish(listener, inspection));
	}

	// A listener does not decide whether a process is ready
	private static void publish(Consumer<SchemaInspection> listener, SchemaInspection inspection) {
		try {
			listener.accept(inspection);
		}
		catch (RuntimeException ex) {
			logger.debug("lockkeeper - a listener to the inspections of a schema failed", ex);
		}
	}

	/**
	 * Return whether this process may serve.
	 * @return whether what the code needs is there, in every schema
	 */
	public boolean isOpen() {
		return this.schemas.values().stream().allMatch(WatchedSchema::isServed);
	}

	/**
	 * Return the states that the last inspections found.
	 * @return the states by the names of the schemas, in the order in which these were
	 * added
	 */
	public Map<String, SchemaState> getStates() {
		Map<String, SchemaState> states = new LinkedHashMap<>();
		for (String name : this.order) {
			SchemaInspection known = getKnown(name);
			if (known != null) {
				states.put(name, known.state());
			}
		}
		return states;
	}

	/**
	 * Return what is known of one schema and its runs.
	 * @param name the name of the schema
	 * @return the last inspection, or {@code null} when no schema has that name; no runs
	 * are known before the first exact one
	 */
	public @Nullable SchemaInspection getKnown(String name) {
		WatchedSchema watched = this.schemas.get(name);
		return (watched != null) ? watched.getKnown() : null;
	}

	/**
	 * Refresh every schema: read its mark, and inspect it exactly when the mark differs.
	 */
	public void refresh() {
		try (InspectionConnection connection = new InspectionConnection()) {
			for (String name : this.order) {
				WatchedSchema watched = this.schemas.get(name);
				if (watched != null) {
					watched.refresh(connection);
				}
			}
		}
	}

	/**
	 * Inspect every schema, with its lock and its runs, over one connection at a time:
	 * the same for all schemas that have the same data source. The comparison with the
	 * code is made anew only when the mark differs, or the schema is not served.
	 * @param age how old an earlier inspection may be that is returned again
	 * @return what was found by the names of the schemas, in the order in which these
	 * were added
	 */
	public Map<String, SchemaInspection> inspect(Duration age) {
		Map<String, SchemaInspection> inspections = new LinkedHashMap<>();
		try (InspectionConnection connection = new InspectionConnection()) {
			for (String name : this.order) {
				SchemaInspection inspection = inspect(name, age, connection);
				if (inspection != null) {
					inspections.put(name, inspection);
				}
			}
		}
		return inspections;
	}

	/**
	 * Inspect one schema, with its lock and its runs, over one connection. The comparison
	 * with the code is made anew only when the mark differs, or the schema is not served.
	 * @param name the name of the schema
	 * @param age how old an earlier inspection may be that is returned again
	 * @return what was found, or {@code null} when no schema has that name
	 */
	public @Nullable SchemaInspection inspect(String name, Duration age) {
		try (InspectionConnection connection = new InspectionConnection()) {
			return inspect(name, age, connection);
		}
	}

	/**
	 * Find change sets in the history of one schema, over one connection. Nothing that is
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
		try (InspectionConnection connection = new InspectionConnection()) {
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

	private @Nullable SchemaInspection inspect(String name, Duration age, InspectionConnection connection) {
		WatchedSchema watched = this.schemas.get(name);
		return (watched != null) ? watched.inspect(age, connection) : null;
	}

	/**
	 * Ask a schema a question that is no inspection. Inspections of it wait until it has
	 * answered.
	 * @param <T> the type of the answer
	 * @param name the name of the schema
	 * @param question the question, which may throw any exception
	 * @return the answer, or {@code null} when no schema has that name
	 */
	public <T> @Nullable T ask(String name, Function<SchemaInspector, T> question) {
		WatchedSchema watched = this.schemas.get(name);
		return (watched != null) ? watched.ask(question) : null;
	}

}
