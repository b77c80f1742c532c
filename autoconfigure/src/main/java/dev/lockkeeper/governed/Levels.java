// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Comparison;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.LevelMemory;
import dev.lockkeeper.schema.LockHolder;
import dev.lockkeeper.schema.SchemaState;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Whether a schema has been at the level of this process's code before, and so what newer
 * code has replaced since then.
 */
final class Levels {

	private static final Log logger = LogFactory.getLog(Levels.class);

	private final String schema;

	private final LevelMemory memory;

	private final boolean reinstates;

	/**
	 * Whether this process has seen the schema at the level of its code.
	 */
	private volatile boolean reached;

	private volatile boolean remembered;

	/**
	 * Whether nothing differs that would run again. A change set that fails without
	 * failing the run differs for as long as it fails: newer code has not done that.
	 */
	private volatile boolean complete;

	private volatile List<ChangeSetReference> heldBack = List.of();

	/**
	 * Create the levels of a schema.
	 * @param reinstates whether a run executes again what newer code has replaced
	 */
	Levels(String schema, LevelMemory memory, boolean reinstates) {
		this.schema = schema;
		this.memory = memory;
		this.reinstates = reinstates;
	}

	/**
	 * Return the state of the schema that a comparison has found.
	 */
	SchemaState judge(Comparison comparison, Connection connection, Instant checkedAt, @Nullable LockHolder lock) {
		this.remembered = this.remembered || isRemembered(comparison, connection);
		boolean before = this.reached || (this.remembered && !this.reinstates);
		this.complete = comparison.differing().isEmpty();
		this.heldBack = before ? comparison.differing() : List.of();
		SchemaState state = comparison.toState(checkedAt, before, lock);
		this.reached |= state.status().isServed() && this.complete;
		return state;
	}

	/**
	 * Return the state of a schema to which the code has nothing to do.
	 */
	SchemaState confirm(Comparison comparison, Instant checkedAt) {
		this.reached = true;
		this.remembered = true;
		this.complete = true;
		this.heldBack = List.of();
		return comparison.toState(checkedAt, true, null);
	}

	// A role that may not read the levels judges by the history alone
	private boolean isRemembered(Comparison code, Connection connection) {
		try {
			return this.memory.isReached(connection, code.tables().levels(), code.level());
		}
		catch (SQLException ex) {
			logger.trace("lockkeeper - the levels cannot be read", ex);
			return false;
		}
	}

	/**
	 * Remember that the schema is at the level of the code, unless that is known already.
	 * A failure to write is only logged.
	 */
	void remember(Comparison code, OwnConnections connections, Instant now) {
		if (this.remembered || !this.complete) {
			return;
		}
		// A process that has found nothing to do may share a session with others
		try (Connection connection = connections.openToCreate()) {
			this.memory.remember(connection, code.tables().levels(), code.level(), now);
			this.remembered = true;
		}
		catch (SQLException ex) {
			logger.debug("lockkeeper - the level that was reached is not remembered (schema %s)".formatted(this.schema),
					ex);
		}
	}

	/**
	 * Forget what was remembered: the table of levels may have been dropped with all
	 * others.
	 */
	void forget() {
		this.remembered = false;
	}

	/**
	 * Return the change sets that newer code has replaced, and that a run must not
	 * execute again.
	 */
	List<ChangeSetReference> getHeldBack() {
		return this.heldBack;
	}

}
