// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.context.annotation.Conditional;

/**
 * Matches when an engine is on the class path that can be governed.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Conditional(OnEngineCondition.class)
@interface ConditionalOnEngine {

}
