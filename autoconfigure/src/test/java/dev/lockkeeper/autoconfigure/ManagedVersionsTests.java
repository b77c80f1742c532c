// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import liquibase.util.LiquibaseUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The build names the versions that Spring Boot manages, where it needs them by name: so
 * it tests what users of this Spring Boot have, and fails when Spring Boot has moved on.
 */
class ManagedVersionsTests {

	private static final Path MANAGED = Path.of("target", "spring-boot", "spring-boot-dependencies.pom");

	private static final Pattern VERSION = Pattern.compile("<([\\w.-]+\\.version)>([^<$]+)</\\1>");

	@ParameterizedTest
	@CsvSource({ "liquibase.version, pom.xml", "kotlin.version, compatibility/pom.xml" })
	void theBuildNamesWhatSpringBootManages(String name, String file) throws IOException {
		assertThat(versions(Path.of("..").resolve(file)).get(name)).isEqualTo(versions(MANAGED).get(name));
	}

	@Test
	void unitTestsRunWithTheLiquibaseThatSpringBootManages() throws IOException {
		assertThat(LiquibaseUtil.getBuildVersion()).isEqualTo(versions(MANAGED).get("liquibase.version"));
	}

	private static Map<String, String> versions(Path file) throws IOException {
		Map<String, String> versions = new TreeMap<>();
		Matcher version = VERSION.matcher(Files.readString(file));
		while (version.find()) {
			versions.put(version.group(1), version.group(2));
		}
		return versions;
	}

}
