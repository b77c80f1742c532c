// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.context.annotation.Conditional;

/**
 * Matches unless Lockkeeper is switched off.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Conditional(OnLockkeeperEnabledCondition.class)
@interface ConditionalOnLockkeeperEnabled {

}
