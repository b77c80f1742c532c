// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A parameterized or repeated test whose cases are many: outside of the full tier only
 * the first ones are run.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SampledCases.Condition.class)
public @interface SampledCases {

	/**
	 * How many cases are run outside of the full tier.
	 */
	int value() default 1;

	/**
	 * Skips the other ones.
	 */
	class Condition implements ExecutionCondition {

		private static final Pattern CASE = Pattern.compile("\\[test-template-invocation:#(\\d+)]$");

		@Override
		public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
			Matcher matcher = CASE.matcher(context.getUniqueId());
			if ("full".equals(System.getProperty("chaos")) || !matcher.find()) {
				return ConditionEvaluationResult.enabled("Every case");
			}
			int cases = context.getRequiredTestMethod().getAnnotation(SampledCases.class).value();
			return (Integer.parseInt(matcher.group(1)) <= cases) ? ConditionEvaluationResult.enabled("A sample")
					: ConditionEvaluationResult.disabled(FullTier.REASON);
		}

	}

}
