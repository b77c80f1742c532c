// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.observation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.migration.ChangeSetOutcome;
import dev.lockkeeper.migration.LockWaitOutcome;
import dev.lockkeeper.migration.RunReference;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.RunEnd;
import io.micrometer.common.KeyValue;
import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs are observed with the names and tags that are declared.
 */
class ObservationMigrationListenerTests {

	private static final RunReference RUN = new RunReference("liquibase", "4711");

	private static final ChangeSetReference CHANGE_SET = new ChangeSetReference("one", "me", "log.sql");

	private static final RunEnd UNFORESEEN = RunEnd.unforeseen(0, null, new IllegalStateException("a bug"),
			Duration.ofSeconds(1), Instant.EPOCH);

	private final TestObservationRegistry registry = TestObservationRegistry.create();

	private final ObservationMigrationListener listener = new ObservationMigrationListener(() -> this.registry,
			Mode.SELF);

	@Test
	void aRunThatMigratesIsObserved() {
		this.listener.runStarted(RUN);
		this.listener.runEnded(RUN, RunEnd.done(2, null, Duration.ofSeconds(1), Instant.EPOCH));
		TestObservationRegistryAssert.assertThat(this.registry)
			.hasSingleObservationThat()
			.hasNameEqualTo("lockkeeper.run")
			.hasContextualNameEqualTo("schema migration")
			.hasLowCardinalityKeyValue("schema", "liquibase")
			.hasLowCardinalityKeyValue("mode", "SELF")
			.hasLowCardinalityKeyValue("outcome", "MIGRATED")
			.hasLowCardinalityKeyValue("status", "DONE")
			.hasHighCardinalityKeyValue("run.id", "4711")
			.hasBeenStarted()
			.hasBeenStopped()
			.doesNotHaveError();
		assertTagsAsDeclared();
	}

	@Test
	void aRunThatFindsNothingToDoHasAnOutcomeOfItsOwn() {
		this.listener.runStarted(RUN);
		this.listener.runEnded(RUN, RunEnd.done(0, null, Duration.ofSeconds(1), Instant.EPOCH));
		TestObservationRegistryAssert.assertThat(this.registry)
			.hasSingleObservationThat()
			.hasLowCardinalityKeyValue("outcome", "NOTHING_TO_DO");
	}

	@Test
	void aRunWithRemainingChangeSetsHasFailed() {
		this.listener.runStarted(RUN);
		this.listener.runFailed(RUN, failed(ExitStatus.MIGRATION, "The schema is PENDING."));
		TestObservationRegistryAssert.assertThat(this.registry)
			.hasSingleObservationThat()
			.hasLowCardinalityKeyValue("outcome", "FAILED")
			.hasLowCardinalityKeyValue("status", "MIGRATION");
	}

	@Test
	void aRunThatFailsCarriesItsStatusAndNoCredential() {
		this.listener.runStarted(RUN);
		this.listener.runFailed(RUN, failed(ExitStatus.CONFIG, "jdbc:postgresql://host/db?password=hunter2"));
		TestObservationRegistryAssert.assertThat(this.registry)
			.hasSingleObservationThat()
			.hasLowCardinalityKeyValue("outcome", "FAILED")
			.hasLowCardinalityKeyValue("status", "CONFIG")
			.hasError();
		Throwable error = Objects.requireNonNull(contexts().get(0).getError());
		assertThat(error).hasMessageContaining("jdbc:postgresql://host/db").hasNoCause();
		assertThat(error.getMessage()).doesNotContain("hunter2");
	}

	@Test
	void anUnforeseenFailureHasAStatusOfItsOwn() {
		this.listener.runStarted(RUN);
		this.listener.runFailed(RUN, UNFORESEEN);
		TestObservationRegistryAssert.assertThat(this.registry)
			.hasSingleObservationThat()
			.hasLowCardinalityKeyValue("status", "UNFORESEEN");
	}

	@Test
	void theWaitForTheLockAndTheChangeSetsBelongToTheRun() {
		this.listener.runStarted(RUN);
		this.listener.lockWaitStarted(RUN);
		this.listener.lockWaitEnded(RUN, LockWaitOutcome.ACQUIRED);
		this.listener.changeSetStarted(RUN, CHANGE_SET);
		Observation current = Objects.requireNonNull(this.registry.getCurrentObservation());
		assertThat(current.getContext().getName()).isEqualTo("lockkeeper.change.set");
		this.listener.changeSetEnded(RUN, CHANGE_SET, ChangeSetOutcome.RERAN);
		this.listener.runEnded(RUN, RunEnd.done(1, null, Duration.ofSeconds(1), Instant.EPOCH));
		assertThat(this.registry.getCurrentObservation()).isNull();
		TestObservationRegistryAssert.assertThat(this.registry)
			.hasNumberOfObservationsEqualTo(3)
			.hasObservationWithNameEqualTo("lockkeeper.lock.wait")
			.that()
			.hasLowCardinalityKeyValue("outcome", "ACQUIRED")
			.hasParentObservationContextMatching((parent) -> "lockkeeper.run".equals(parent.getName()))
			.backToTestObservationRegistry()
			.hasObservationWithNameEqualTo("lockkeeper.change.set")
			.that()
			.hasLowCardinalityKeyValue("outcome", "RERAN")
			.hasHighCardinalityKeyValue("change.set", CHANGE_SET.toString())
			.hasParentObservationContextMatching((parent) -> "lockkeeper.run".equals(parent.getName()));
		assertTagsAsDeclared();
	}

	@Test
	void whatIsUnderWayInARunThatBreaksOffEndsAsFailed() {
		this.listener.runStarted(RUN);
		this.listener.lockWaitStarted(RUN);
		this.listener.lockWaitFailed(RUN, failed(ExitStatus.TEMPORARY, "no lock"));
		this.listener.changeSetStarted(RUN, CHANGE_SET);
		this.listener.changeSetFailed(RUN, CHANGE_SET, failed(ExitStatus.MIGRATION, "no table"));
		this.listener.runFailed(RUN, failed(ExitStatus.MIGRATION, "no table"));
		assertThat(this.registry.getCurrentObservation()).isNull();
		assertThat(contexts()).hasSize(3)
			.allMatch((context) -> context.getLowCardinalityKeyValues()
				.stream()
				.anyMatch((tag) -> tag.getKey().equals("outcome") && tag.getValue().equals("FAILED")));
		assertTagsAsDeclared();
	}

	@Test
	void aBlockedChangeSetHasEndedUntilItIsTriedAgain() {
		this.listener.runStarted(RUN);
		this.listener.changeSetStarted(RUN, CHANGE_SET);
		this.listener.changeSetBlocked(RUN, CHANGE_SET, List.of());
		Observation between = Objects.requireNonNull(this.registry.getCurrentObservation());
		assertThat(between.getContext().getName()).isEqualTo("lockkeeper.run");
		this.listener.changeSetStarted(RUN, CHANGE_SET);
		this.listener.changeSetEnded(RUN, CHANGE_SET, ChangeSetOutcome.EXECUTED);
		this.listener.runEnded(RUN, RunEnd.done(1, null, Duration.ofSeconds(1), Instant.EPOCH));
		assertThat(this.registry.getCurrentObservation()).isNull();
		List<Observation.Context> changeSets = contexts().stream()
			.filter((context) -> "lockkeeper.change.set".equals(context.getName()))
			.toList();
		assertThat(changeSets).allMatch((context) -> context.getError() == null);
		assertThat(changeSets.stream()
			.flatMap((context) -> context.getLowCardinalityKeyValues().stream())
			.filter((tag) -> tag.getKey().equals("outcome"))
			.map(KeyValue::getValue)).containsExactlyInAnyOrder("BLOCKED", "EXECUTED");
		assertTagsAsDeclared();
	}

	private void assertTagsAsDeclared() {
		for (Observation.Context context : contexts()) {
			MigrationObservationDocumentation declared = Stream.of(MigrationObservationDocumentation.values())
				.filter((each) -> each.getName().equals(context.getName()))
				.findFirst()
				.orElseThrow();
			assertThat(context.getLowCardinalityKeyValues()).extracting("key")
				.containsExactlyInAnyOrderElementsOf(keys(declared.getLowCardinalityKeyNames()));
			assertThat(context.getHighCardinalityKeyValues()).extracting("key")
				.containsExactlyInAnyOrderElementsOf(keys(declared.getHighCardinalityKeyNames()));
		}
	}

	private static List<String> keys(KeyName[] names) {
		return Arrays.stream(names).map(KeyName::asString).toList();
	}

	private List<Observation.Context> contexts() {
		List<Observation.Context> found = new ArrayList<>();
		TestObservationRegistryAssert.assertThat(this.registry).hasHandledContextsThatSatisfy(found::addAll);
		return found;
	}

	private static RunEnd failed(ExitStatus status, String message) {
		return new RunEnd(status.name(), status.getCode(), 0, null, null, null, message, "Mend it.",
				Duration.ofSeconds(1), Instant.EPOCH);
	}

}
