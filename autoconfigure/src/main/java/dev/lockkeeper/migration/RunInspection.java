// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.schema.SchemaInspection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaUnreadableException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Inspects a schema for a run, and waits until its database answers.
 */
final class RunInspection {

	private static final Log logger = LogFactory.getLog(RunInspection.class);

	private final RunEnvironment environment;

	private final MigrationTarget target;

	RunInspection(RunEnvironment environment, MigrationTarget target) {
		this.environment = environment;
		this.target = target;
	}

	/**
	 * Inspect the schema at the beginning of a run.
	 */
	SchemaState begin() {
		return await(this::inspect);
	}

	/**
	 * Inspect the schema at the end of a run.
	 */
	SchemaState verify() {
		SchemaState state = await(this.target::inspect);
		this.environment.progress().found(this.target.getName(), SchemaInspection.of(state));
		return state;
	}

	/**
	 * Ask until the database answers.
	 * @param question the question
	 * @return the answer
	 * @throws SchemaUnreadableException when the database did not answer in time, or
	 * refused
	 */
	<T> T await(Supplier<T> question) {
		AtomicReference<@Nullable SchemaUnreadableException> last = new AtomicReference<>();
		Duration limit = limit();
		return this.environment.polling().awaitAnswer("waiting for the database", limit, () -> {
			try {
				return Optional.of(question.get());
			}
			catch (SchemaUnreadableException ex) {
				if (!ex.isPassing()) {
					throw ex;
				}
				Unanswered.report(logger, "waiting for the database", limit, last.getAndSet(ex), ex);
				return Optional.empty();
			}
		}, () -> {
			SchemaUnreadableException ex = last.get();
			return (ex != null) ? ex : SchemaUnreadableException.ofSilence(this.target.getName());
		});
	}

	private Duration limit() {
		return this.environment.budget().atMost(this.environment.settings().databaseWait());
	}

	private SchemaState inspect() {
		Instant begun = Instant.now();
		try {
			SchemaState state = this.target.inspect();
			this.environment.progress().found(this.target.getName(), SchemaInspection.of(state));
			return state;
		}
		catch (SchemaUnreadableException ex) {
			this.environment.progress().failed(this.target.getName(), begun, ex.getReason());
			// The reason may be a pooler that shares backends even within transactions.
			// A refused login is not tried again: that might lock the account
			if (ex.isPassing() && ex.getStatus() != ExitStatus.PERMISSION) {
				refuseSharedSessions();
			}
			throw ex;
		}
	}

	/**
	 * Fail when connections are proved to share sessions, although there is nothing to
	 * migrate. The database has answered before, so its silence now is no failure.
	 * @throws SharedSessionsException when they do
	 */
	void requireSessions() {
		if (!this.environment.settings().provesSessions() && !this.target.isRelayed()) {
			return;
		}
		try {
			this.environment.polling().awaitAnswer("checking whether connections share sessions", limit(), () -> {
				refuseSharedSessions();
				return Optional.of(true);
			}, () -> SchemaUnreadableException.ofSilence(this.target.getName()));
		}
		catch (SchemaUnreadableException ex) {
			notKnown(ex);
		}
	}

	// A process with nothing to migrate may lack the extra connections
	private void refuseSharedSessions() {
		try {
			this.target.requireSessions();
		}
		catch (SharedSessionsException ex) {
			throw ex;
		}
		catch (RuntimeException ex) {
			notKnown(ex);
		}
	}

	private void notKnown(RuntimeException failure) {
		logger.debug("lockkeeper - not known whether connections share sessions (schema %s)"
			.formatted(this.target.getName()), failure);
	}

}
