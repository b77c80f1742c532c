// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.checkpoint;

import java.util.ArrayList;
import java.util.List;

import org.crac.Core;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.SpringProperties;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

class ExpectedCheckpointTests {

	private final MockEnvironment environment = new MockEnvironment();

	@Test
	void mostProcessesExpectNone() {
		assertThat(ExpectedCheckpoint.find(this.environment)).isNull();
	}

	@Test
	void springTakesOneDuringTheRefresh() {
		SpringProperties.setProperty("spring.context.checkpoint", "onRefresh");
		try {
			assertThat(ExpectedCheckpoint.find(this.environment))
				.isEqualTo(new ExpectedCheckpoint("spring.context.checkpoint is set", true, false));
		}
		finally {
			SpringProperties.setProperty("spring.context.checkpoint", null);
		}
	}

	@Test
	void lambdaTakesOneWhenTheFunctionHasStarted() {
		this.environment.setProperty("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
		assertThat(ExpectedCheckpoint.find(this.environment))
			.isEqualTo(new ExpectedCheckpoint("AWS_LAMBDA_INITIALIZATION_TYPE is snap-start", false, true));
	}

	@ParameterizedTest
	@ValueSource(strings = { "on-demand", "provisioned-concurrency", "lambda-managed-instances" })
	void lambdaTakesNoneOfOtherFunctions(String type) {
		this.environment.setProperty("AWS_LAMBDA_INITIALIZATION_TYPE", type);
		assertThat(ExpectedCheckpoint.find(this.environment)).isNull();
	}

	@Test
	void theHooksAreThoseOfCrac() {
		List<String> calls = new ArrayList<>();
		CheckpointHook hook = CheckpointHook.register(() -> calls.add("before"), () -> calls.add("after"));
		hook.beforeCheckpoint(Core.getGlobalContext());
		hook.afterRestore(Core.getGlobalContext());
		assertThat(calls).containsExactly("before", "after");
		assertThat(ExpectedCheckpoint.register(() -> {
		}, () -> {
		})).isInstanceOf(CheckpointHook.class);
		assertThatNoException().isThrownBy(() -> new ExpectedCheckpoint("a test", false, true).requireHooks());
	}

}
