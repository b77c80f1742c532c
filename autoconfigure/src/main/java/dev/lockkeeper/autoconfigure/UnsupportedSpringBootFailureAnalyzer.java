// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Presents what to do about an old Spring Boot, and works in that Spring Boot, too.
 */
class UnsupportedSpringBootFailureAnalyzer extends AbstractFailureAnalyzer<UnsupportedSpringBootException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, UnsupportedSpringBootException cause) {
		return new FailureAnalysis(cause.getMessage(), "Upgrade Spring Boot, or remove lockkeeper-spring-boot-starter.",
				cause);
	}

}
