// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.time.Duration;
import java.util.List;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.progress.Progress;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.schema.SchemaUnreadableException;
import dev.lockkeeper.testing.FakeSchema;
import dev.lockkeeper.waiting.Polling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a run with nothing to do checks of a schema.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class MigratorTests {

	private static final Duration DATABASE_WAIT = Duration.ofMillis(50);

	private final FakeSchema schema = new FakeSchema("schema");

	private final Migrator migrator = migrator(true);

	private static Migrator migrator(boolean provesSessions) {
		return migrator(new MigratorSettings(DATABASE_WAIT, Duration.ZERO, null, Duration.ZERO, 1, Duration.ZERO, 1,
				Duration.ZERO, provesSessions));
	}

	private static Migrator migrator(MigratorSettings settings) {
		return new Migrator(settings, (address) -> {
			throw new AssertionError("There is nothing to lock");
		}, new Polling(Duration.ofMillis(10), Duration.ofMillis(10)), Progress.NONE, MigrationListeners.none(),
				new ProgressLog());
	}

	@Test
	void sharedSessionsAreRefusedAlthoughThereIsNothingToDo() {
		this.schema.onSessions(() -> {
			throw new SharedSessionsException("schema", "a pooler", "proof", "Avoid it.");
		});
		assertThatExceptionOfType(SharedSessionsException.class).isThrownBy(() -> this.migrator.migrate(this.schema));
	}

	@Test
	void withoutANeedForProofSessionsAreProbedOnlyWhenSomethingElseHasAnswered() {
		this.schema.onSessions(() -> {
			throw new SharedSessionsException("schema", "a pooler", "proof", "Avoid it.");
		});
		assertThat(migrator(false).migrate(this.schema).state().status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(this.schema.countSessionProbes()).isZero();
		this.schema.relayed();
		assertThatExceptionOfType(SharedSessionsException.class).isThrownBy(() -> migrator(false).migrate(this.schema));
	}

	@Test
	void nothingToDoSucceedsWhenSessionsCannotBeProbed() {
		for (RuntimeException failure : List.of(unreadable(ExitStatus.UNAVAILABLE, "08006"),
				unreadable(ExitStatus.PERMISSION, "42501"), new IllegalStateException("a driver's own"))) {
			this.schema.onSessions(() -> {
				throw failure;
			});
			assertThat(this.migrator.migrate(this.schema).state().status()).isEqualTo(SchemaStatus.CURRENT);
		}
	}

	@Test
	void aPoolerMayBeTheReasonOfAFailedInspection() {
		this.schema.unreadable(unreadable(ExitStatus.UNAVAILABLE, "08P01"));
		this.schema.onSessions(() -> {
			throw new SharedSessionsException("schema", "a pooler", "proof", "Avoid it.");
		});
		assertThatExceptionOfType(SharedSessionsException.class).isThrownBy(() -> this.migrator.migrate(this.schema));
	}

	@Test
	void aSecondFailureDoesNotHideTheReasonOfTheFailedInspection() {
		SchemaUnreadableException failure = unreadable(ExitStatus.UNAVAILABLE, "08006");
		this.schema.unreadable(failure);
		this.schema.onSessions(() -> {
			throw new IllegalStateException("a driver's own");
		});
		assertThatExceptionOfType(SchemaUnreadableException.class).isThrownBy(() -> this.migrator.migrate(this.schema))
			.isSameAs(failure);
		assertThat(this.schema.countSessionProbes()).isPositive();
	}

	// Each wrong password may count towards locking the account
	@Test
	void aRefusedLoginIsNotTriedAgain() {
		this.schema.unreadable(unreadable(ExitStatus.PERMISSION, "28P01"));
		assertThatExceptionOfType(SchemaUnreadableException.class).isThrownBy(() -> this.migrator.migrate(this.schema));
		assertThat(this.schema.countSessionProbes()).isZero();
	}

	@Test
	void theLogHasTheRealLimitOfTheWait(CapturedOutput output) {
		this.schema.unreadable(unreadable(ExitStatus.UNAVAILABLE, "08006"));
		MigratorSettings settings = new MigratorSettings(Duration.ofHours(1), Duration.ZERO, DATABASE_WAIT,
				Duration.ZERO, 1, Duration.ZERO, 1, Duration.ZERO, false);
		assertThatExceptionOfType(SchemaUnreadableException.class)
			.isThrownBy(() -> migrator(settings).migrate(this.schema));
		assertThat(output).contains("waiting for the database, trying again for up to 50ms (schema schema: Message)");
	}

	@Test
	void anActionForTheOperatorIsLoggedAtOnce(CapturedOutput output) {
		this.schema.unreadable(unreadable(ExitStatus.PERMISSION, "28P01"));
		assertThatExceptionOfType(SchemaUnreadableException.class).isThrownBy(() -> this.migrator.migrate(this.schema));
		assertThat(output).containsOnlyOnce("WARN")
			.contains(
					"lockkeeper - waiting for the database, trying again for up to 50ms (schema schema: Message); act at once.");
	}

	private static SchemaUnreadableException unreadable(ExitStatus status, String sqlState) {
		return new SchemaUnreadableException("schema", status, sqlState, true, "Message.", "Act at once.", null);
	}

}
