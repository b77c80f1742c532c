// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.testsupport;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A test that does not fit into the minutes of the plain tier: it runs with
 * {@code -Dchaos=full}. The CI distinguishes it by its reason from a test that was
 * skipped because the machine lacks what it needs.
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@EnabledIfSystemProperty(named = "chaos", matches = "full", disabledReason = FullTier.REASON)
public @interface FullTier {

	/**
	 * Why the test is skipped in the plain tier.
	 */
	String REASON = "It runs in the full tier: -Dchaos=full";

}
