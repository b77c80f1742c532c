// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;

import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.migration.EngineIntegrations;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * The condition of {@link ConditionalOnEngine}.
 */
class OnEngineCondition extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnEngine.class);
		EngineIntegrations engines = new EngineIntegrations(Engines.find(context.getClassLoader()), List.of());
		return engines.engines().isEmpty() ? ConditionOutcome.noMatch(message.because("there is no engine"))
				: ConditionOutcome.match(message.because("found " + engines.inWords(EngineIntegration::engine)));
	}

}
