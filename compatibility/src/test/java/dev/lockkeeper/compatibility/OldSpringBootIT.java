// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.nio.file.Path;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.JavaProcess;
import dev.lockkeeper.testsupport.SampledCases;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application on Spring Boot 3 reads why it does not start.
 */
class OldSpringBootIT {

	/**
	 * What Spring Boot 3 manages, and is on the class path of its applications; the
	 * modules of Spring Boot 4 that come with the starter stay.
	 */
	private static final String NEWER = "devtools|^spring-(boot-(autoconfigure-)?|(core|beans|context|aop|expression|jdbc|tx)-)\\d";

	@ParameterizedTest
	@SampledCases
	@ValueSource(strings = { "--server.port=0", "--migrate-only" })
	@FullTier
	void springBoot3EndsTheStartWithOneSentence(String argument) throws IOException {
		try (JavaProcess process = JavaProcess
			.ofMainClassWith(PlainApplication.class.getName(), NEWER,
					Contexts.jarsOf("old-spring-boot.directory").toArray(Path[]::new))
			.arguments(argument)
			.start()) {
			assertThat(process.awaitExit(Contexts.START)).as(process::getOutput).isOne();
			assertThat(process.getOutput()).contains("APPLICATION FAILED TO START",
					"Lockkeeper needs Spring Boot 4, and this is Spring Boot 3.5.7.",
					"Upgrade Spring Boot, or remove lockkeeper-spring-boot-starter.");
		}
	}

}
