// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.EnumMap;
import java.util.Map;

import dev.lockkeeper.exit.ExitStatus;
import dev.lockkeeper.schema.DatabaseFailure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How a process ends for each kind of failure.
 */
class FailurePolicyTests {

	private static final Map<DatabaseFailure, FailurePolicy> POLICIES = new EnumMap<>(
			Map.ofEntries(policy(DatabaseFailure.UNREACHABLE, ExitStatus.UNAVAILABLE, ExitStatus.TEMPORARY, true),
					policy(DatabaseFailure.TOO_MANY_CONNECTIONS, ExitStatus.UNAVAILABLE, ExitStatus.TEMPORARY, true),
					policy(DatabaseFailure.SESSION_ENDED, ExitStatus.TEMPORARY, ExitStatus.TEMPORARY, true),
					policy(DatabaseFailure.OUT_OF_TIME, ExitStatus.UNAVAILABLE, ExitStatus.MIGRATION, true),
					policy(DatabaseFailure.LOCKED, ExitStatus.TEMPORARY, ExitStatus.TEMPORARY, true),
					policy(DatabaseFailure.NOT_SERIALIZABLE, ExitStatus.UNAVAILABLE, ExitStatus.TEMPORARY, true),
					policy(DatabaseFailure.NOT_SUPPORTED, ExitStatus.UNAVAILABLE, ExitStatus.MIGRATION, true),
					policy(DatabaseFailure.READ_ONLY, ExitStatus.TEMPORARY, ExitStatus.TEMPORARY, false),
					policy(DatabaseFailure.SHORTAGE, ExitStatus.TEMPORARY, ExitStatus.TEMPORARY, false),
					policy(DatabaseFailure.WRONG_PASSWORD, ExitStatus.PERMISSION, ExitStatus.PERMISSION, true),
					policy(DatabaseFailure.LOGIN_REFUSED, ExitStatus.PERMISSION, ExitStatus.PERMISSION, false),
					policy(DatabaseFailure.MISSING_RIGHT, ExitStatus.PERMISSION, ExitStatus.PERMISSION, false),
					policy(DatabaseFailure.NO_SUCH_DATABASE, ExitStatus.CONFIG, ExitStatus.CONFIG, true),
					policy(DatabaseFailure.OF_STATEMENT, ExitStatus.MIGRATION, ExitStatus.MIGRATION, false),
					policy(DatabaseFailure.UNKNOWN, ExitStatus.UNAVAILABLE, ExitStatus.MIGRATION, true)));

	@ParameterizedTest
	@EnumSource
	void eachKindOfFailureEndsAProcessAsTheTableSays(DatabaseFailure failure) {
		assertThat(FailurePolicy.of(failure)).isEqualTo(POLICIES.get(failure));
	}

	private static Map.Entry<DatabaseFailure, FailurePolicy> policy(DatabaseFailure failure, ExitStatus onRead,
			ExitStatus inRun, boolean passing) {
		return Map.entry(failure, new FailurePolicy(onRead, inRun, passing));
	}

}
