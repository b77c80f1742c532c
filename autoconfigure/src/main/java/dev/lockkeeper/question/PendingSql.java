// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.question;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.exit.LockkeeperException;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.migration.MigrationTarget;
import dev.lockkeeper.migration.Preview;
import dev.lockkeeper.migration.PreviewLimits;
import dev.lockkeeper.question.SqlAnswer.Kind;
import dev.lockkeeper.redaction.Redaction;
import dev.lockkeeper.schema.SchemaInspector;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Answers which SQL a run would execute, in a process that serves. One answer is computed
 * at a time, on request, within limits; nothing of it is kept. No lock is taken and
 * nothing is written, so that a login with the right to read is enough. Safe for use by
 * several threads.
 *
 * @since 0.1.0
 */
public final class PendingSql {

	private static final Log logger = LogFactory.getLog(PendingSql.class);

	private static final Duration FRESH = Duration.ofSeconds(1);

	private static final Duration TURN_TIMEOUT = Duration.ofSeconds(5);

	private static final PreviewLimits LIMITS = new PreviewLimits(1024 * 1024, Duration.ofSeconds(30));

	private static final String WHOLE = "java -jar application.jar --migrate-only --dry-run";

	private final SchemaGate gate;

	private final PreviewLimits limits;

	private final Duration turnTimeout;

	private final Semaphore turn = new Semaphore(1, true);

	/**
	 * Create the answers of a process.
	 * @param gate knows the schemas
	 */
	public PendingSql(SchemaGate gate) {
		this(gate, LIMITS, TURN_TIMEOUT);
	}

	PendingSql(SchemaGate gate, PreviewLimits limits, Duration turnTimeout) {
		this.gate = gate;
		this.limits = limits;
		this.turnTimeout = turnTimeout;
	}

	/**
	 * Return the SQL of what is pending.
	 * @param schema the name of a schema
	 * @return the answer, or {@code null} when no schema has that name
	 */
	public @Nullable SqlAnswer of(String schema) {
		if (this.gate.getKnown(schema) == null) {
			return null;
		}
		if (!isMyTurn()) {
			return SqlAnswer.of(Kind.UNAVAILABLE,
					"The SQL of a schema is being computed for another request.\nTry again in some seconds.");
		}
		try {
			SchemaInspection inspection = this.gate.inspect(schema, FRESH);
			return (inspection != null) ? answer(schema, inspection) : null;
		}
		catch (LockkeeperException ex) {
			return SqlAnswer.of(kindOf(ex), "%s\n%s".formatted(ex.getMessage(), ex.getAction()));
		}
		catch (RuntimeException ex) {
			logger.error("lockkeeper - the SQL of what is pending could not be computed (schema %s)%n%s"
				.formatted(schema, Redaction.redact(ex)));
			return SqlAnswer.of(Kind.FAILED,
					"The SQL cannot be computed: %s.\nThe log of this process has the details.".formatted(ex));
		}
		finally {
			this.turn.release();
		}
	}

	private boolean isMyTurn() {
		try {
			return this.turn.tryAcquire(this.turnTimeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	// A database that does not exist is a wrong setting, and cannot be read all the same
	private static Kind kindOf(LockkeeperException failure) {
		boolean unreadable = failure instanceof SchemaUnreadableException
				&& failure.getStatus() != ExitStatus.CHANGELOG;
		return unreadable ? Kind.UNAVAILABLE : Kind.REFUSED;
	}

	private @Nullable SqlAnswer answer(String schema, SchemaInspection inspection) {
		SchemaState state = inspection.state();
		if (state.status() == SchemaStatus.UNREADABLE) {
			return SqlAnswer.of(Kind.UNAVAILABLE,
					"Schema %s cannot be read, so what is pending is not known: %s".formatted(schema, state.problem()));
		}
		if (state.status() == SchemaStatus.CHANGED) {
			ChangedSchemaException refusal = new ChangedSchemaException(schema, state);
			return SqlAnswer.of(Kind.REFUSED,
					"A run would execute nothing. %s\n%s".formatted(refusal.getMessage(), refusal.getAction()));
		}
		Preview preview = this.gate.ask(schema, this::preview);
		return (preview != null) ? answer(schema, inspection, preview) : null;
	}

	private @Nullable Preview preview(SchemaInspector inspector) {
		return (inspector instanceof MigrationTarget target) ? target.preview(this.limits) : null;
	}

	private static SqlAnswer answer(String schema, SchemaInspection inspection, Preview preview) {
		StringBuilder notes = new StringBuilder();
		if (inspection.run() != null) {
			notes.append("A run is in progress: what it commits from now on is still in what follows.\n");
		}
		if (preview.changeSets() == 0) {
			notes.append("Schema %s is %s: nothing is pending.".formatted(schema, inspection.state().status()));
			return SqlAnswer.of(Kind.SQL, notes.toString());
		}
		String sql = Redaction.redact(preview.sql());
		if (!sql.equals(preview.sql())) {
			notes.append("What looks like a credential is replaced, so this is for reading. The script itself: %s\n"
				.formatted(WHOLE));
		}
		if (!preview.isWhole()) {
			notes.append("This is the beginning of a script of %d characters. The whole of it: %s\n"
				.formatted(preview.characters(), WHOLE));
		}
		return SqlAnswer.of(Kind.SQL, notes.toString(), sql);
	}

}
