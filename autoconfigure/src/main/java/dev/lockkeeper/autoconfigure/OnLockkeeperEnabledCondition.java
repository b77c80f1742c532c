// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.Objects;

import dev.lockkeeper.mode.ProcessMode;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * The condition of {@link ConditionalOnLockkeeperEnabled}.
 */
class OnLockkeeperEnabledCondition extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnLockkeeperEnabled.class);
		ProcessMode mode = CarriedMode.of(Objects.requireNonNull(context.getBeanFactory()));
		boolean enabled = mode.isEnabled((ConfigurableEnvironment) context.getEnvironment());
		return new ConditionOutcome(enabled, message.because(enabled ? "Lockkeeper is on" : "Lockkeeper is off"));
	}

}
