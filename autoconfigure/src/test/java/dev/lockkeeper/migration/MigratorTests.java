// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.lock.Lease;
import dev.lockkeeper.lock.LockAddress;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.HistoryMark;
import dev.lockkeeper.schema.LookConnection;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.waiting.Polling;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a run asks of a schema at which there is nothing to do.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class MigratorTests {

	private static final Duration DATABASE_WAIT = Duration.ofMillis(50);

	private final Schema schema = new Schema();

	private final Migrator migrator = migrator(true);

	private static Migrator migrator(boolean provesSessions) {
		return migrator(new MigratorSettings(DATABASE_WAIT, Duration.ZERO, null, Duration.ZERO, 1, Duration.ZERO,
				provesSessions));
	}

	private static Migrator migrator(MigratorSettings settings) {
		return new Migrator(settings, (address) -> {
			throw new AssertionError("There is nothing to lock");
		}, new Polling(Duration.ofMillis(10), Duration.ofMillis(10)), Progress.UNTOLD, MigrationListeners.none(),
				new ProgressLog());
	}

	@Test
	void sharedSessionsAreRefusedAlthoughThereIsNothingToDo() {
		this.schema.onSessions = () -> {
			throw new SharedSessionsException("schema", "a pooler", "proof");
		};
		assertThatExceptionOfType(SharedSessionsException.class).isThrownBy(() -> this.migrator.migrate(this.schema));
	}

	@Test
	void whoNeedNotProveAnythingAsksOnlyWhenSomethingElseHasAnswered() {
		this.schema.onSessions = () -> {
			throw new SharedSessionsException("schema", "a pooler", "proof");
		};
		assertThat(migrator(false).migrate(this.schema).state().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.schema.asked).hasValue(0);
		this.schema.relayed = true;
		assertThatExceptionOfType(SharedSessionsException.class).isThrownBy(() -> migrator(false).migrate(this.schema));
	}

	@Test
	void thatTheSessionsCannotBeAskedForIsNoFailureOfWhoHasNothingToDo() {
		for (RuntimeException failure : List.of(unreadable(ExitStatus.UNAVAILABLE, "08006"),
				unreadable(ExitStatus.PERMISSION, "42501"), new IllegalStateException("a driver's own"))) {
			this.schema.onSessions = () -> {
				throw failure;
			};
			assertThat(this.migrator.migrate(this.schema).state().status()).isEqualTo(SchemaStatus.CURRENT);
		}
	}

	@Test
	void aPoolerMayBeWhyALookFails() {
		this.schema.failure = unreadable(ExitStatus.UNAVAILABLE, "08P01");
		this.schema.onSessions = () -> {
			throw new SharedSessionsException("schema", "a pooler", "proof");
		};
		assertThatExceptionOfType(SharedSessionsException.class).isThrownBy(() -> this.migrator.migrate(this.schema));
	}

	@Test
	void whatElseFailsThenDoesNotHideWhyTheLookFailed() {
		SchemaUnreadableException failure = unreadable(ExitStatus.UNAVAILABLE, "08006");
		this.schema.failure = failure;
		this.schema.onSessions = () -> {
			throw new IllegalStateException("a driver's own");
		};
		assertThatExceptionOfType(SchemaUnreadableException.class).isThrownBy(() -> this.migrator.migrate(this.schema))
			.isSameAs(failure);
		assertThat(this.schema.asked).hasPositiveValue();
	}

	// Each wrong password may count towards locking the account
	@Test
	void whoseLoginIsRefusedDoesNotLogInOnceMore() {
		this.schema.failure = unreadable(ExitStatus.PERMISSION, "28P01");
		assertThatExceptionOfType(SchemaUnreadableException.class).isThrownBy(() -> this.migrator.migrate(this.schema));
		assertThat(this.schema.asked).hasValue(0);
	}

	@Test
	void itSaysHowLongItReallyWaits(CapturedOutput output) {
		this.schema.failure = unreadable(ExitStatus.UNAVAILABLE, "08006");
		MigratorSettings settings = new MigratorSettings(Duration.ofHours(1), Duration.ZERO, DATABASE_WAIT,
				Duration.ZERO, 1, Duration.ZERO, false);
		assertThatExceptionOfType(SchemaUnreadableException.class)
			.isThrownBy(() -> migrator(settings).migrate(this.schema));
		assertThat(output).contains("waiting for the database, trying again for up to 50ms (schema schema: Message)");
	}

	@Test
	void whatAnOperatorHasToDoIsSaidAtOnce(CapturedOutput output) {
		this.schema.failure = unreadable(ExitStatus.PERMISSION, "28P01");
		assertThatExceptionOfType(SchemaUnreadableException.class).isThrownBy(() -> this.migrator.migrate(this.schema));
		assertThat(output).containsOnlyOnce("WARN")
			.contains(
					"lockkeeper - waiting for the database, trying again for up to 50ms (schema schema: Message); act at once.");
	}

	private static SchemaUnreadableException unreadable(ExitStatus status, String sqlState) {
		return new SchemaUnreadableException("schema", status, sqlState, true, "Message.", "Act at once.", null);
	}

	/**
	 * A schema at which there is nothing to do.
	 */
	private static final class Schema implements MigrationTarget {

		private @Nullable SchemaUnreadableException failure;

		private Runnable onSessions = () -> {
		};

		private final AtomicInteger asked = new AtomicInteger();

		private boolean relayed;

		@Override
		public String getName() {
			return "schema";
		}

		@Override
		public SchemaState inspect() {
			if (this.failure != null) {
				throw this.failure;
			}
			return new SchemaState(SchemaStatus.CURRENT, Instant.EPOCH, null, 1, List.of(), List.of(), List.of(), null,
					null);
		}

		@Override
		public HistoryMark mark(LookConnection connection) {
			throw new AssertionError("Nobody looks for changes here");
		}

		@Override
		public boolean needsRun(SchemaState state) {
			return false;
		}

		@Override
		public boolean isLockLeft() {
			return false;
		}

		@Override
		public void releaseLeftLock(@Nullable String dead) {
			throw new AssertionError("No lock is left");
		}

		@Override
		public boolean isEmbedded() {
			return false;
		}

		@Override
		public boolean dropsFirst() {
			return false;
		}

		@Override
		public LockAddress getLockAddress() {
			throw new AssertionError("There is nothing to do");
		}

		@Override
		public boolean isRelayed() {
			return this.relayed;
		}

		@Override
		public void requireSessions() {
			this.asked.incrementAndGet();
			this.onSessions.run();
		}

		@Override
		public void migrate(Lease lease, RunControl control) {
			throw new AssertionError("There is nothing to do");
		}

		@Override
		public void rememberLevel() {
		}

		@Override
		public Preview preview(PreviewLimits limits) {
			throw new AssertionError("Nobody asks for SQL");
		}

		@Override
		public @Nullable Diagnosis diagnose(Throwable failure) {
			return null;
		}

	}

}
