// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample;

import org.springframework.boot.SpringApplication;

/**
 * Starts the application and forgets the arguments.
 */
public final class ForgetfulMain {

	private ForgetfulMain() {
	}

	public static void main(String[] arguments) {
		SpringApplication.run(HarbourApplication.class);
	}

}
