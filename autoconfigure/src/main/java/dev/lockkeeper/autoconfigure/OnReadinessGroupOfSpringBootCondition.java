// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * The condition of {@link ConditionalOnReadinessGroupOfSpringBoot}.
 */
class OnReadinessGroupOfSpringBootCondition extends SpringBootCondition {

	private static final String GROUP = "management.endpoint.health.group.readiness.";

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnReadinessGroupOfSpringBoot.class);
		Binder binder = Binder.get(context.getEnvironment());
		for (String key : List.of("include", "exclude")) {
			if (binder.bind(GROUP + key, Bindable.listOf(String.class)).isBound()) {
				return ConditionOutcome.noMatch(message.found("property").items(GROUP + key));
			}
		}
		return ConditionOutcome.match(message.didNotFind("property").items(GROUP + "include"));
	}

}
