// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.gate.SchemaGate;
import dev.lockkeeper.testsupport.JavaProcess;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application on Spring Boot 3 reads why it does not start.
 */
class OldSpringBootIT {

	@ParameterizedTest
	@ValueSource(strings = { "--server.port=0", "--migrate-only" })
	void isRefusedByName(String argument) throws IOException, URISyntaxException {
		List<Path> libraries = new ArrayList<>(Contexts.jarsOf("old-spring-boot.directory"));
		libraries.add(Path.of(SchemaGate.class.getProtectionDomain().getCodeSource().getLocation().toURI()));
		try (JavaProcess process = JavaProcess
			.ofMainClassWith(PlainApplication.class.getName(), "spring", libraries.toArray(Path[]::new))
			.arguments(argument)
			.start()) {
			assertThat(process.awaitExit(Contexts.START)).as(process::getOutput).isOne();
			assertThat(process.getOutput()).contains("APPLICATION FAILED TO START",
					"Lockkeeper needs Spring Boot 4, and this is Spring Boot 3.5.7.",
					"Upgrade Spring Boot, or remove lockkeeper-spring-boot-starter.");
		}
	}

}
