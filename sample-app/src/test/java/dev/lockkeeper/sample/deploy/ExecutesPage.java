// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test class that executes one page of {@code docs/deploy}. Each of its tests may take
 * a {@link DeployPage} as a parameter: a copy of its own. When all tests of the class
 * have run, each {@code bash} block of the page must have been executed by one of them,
 * and each {@code text} block compared with what a process has written.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@ExtendWith(PageExtension.class)
@interface ExecutesPage {

	/**
	 * Name the page.
	 * @return its file name, without the extension
	 */
	String value();

}
