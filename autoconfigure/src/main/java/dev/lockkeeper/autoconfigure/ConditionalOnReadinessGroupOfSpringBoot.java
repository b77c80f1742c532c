// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.context.annotation.Conditional;

/**
 * Matches unless a setting of the user defines what the readiness group contains.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@Conditional(OnReadinessGroupOfSpringBootCondition.class)
@interface ConditionalOnReadinessGroupOfSpringBoot {

}
