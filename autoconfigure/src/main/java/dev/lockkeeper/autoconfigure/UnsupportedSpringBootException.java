// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

/**
 * The Spring Boot of the application is too old. It has no exit status, because the code
 * that writes one needs Spring Boot 4.
 */
class UnsupportedSpringBootException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	UnsupportedSpringBootException(String message) {
		super(message);
	}

}
