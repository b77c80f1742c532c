// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.lockkeeper.command.AdvisedCommand;
import dev.lockkeeper.exit.CommandAdvice;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every statement that an advice can have is executed by a test, as it stands in the
 * advice. A new one is added here, with the test that executes it.
 */
class AdvisedStatementsTests {

	private static final Path SOURCES = Path.of("src", "main", "java");

	private static final Path TESTS = Path.of("src", "test", "java", "dev", "lockkeeper");

	private static final Pattern ADVISED = Pattern
		.compile("\"[^\"\\n]*(GRANT [A-Z%p][^\"]*|ALTER ROLE [^\"]*|ALTER TABLE %s OWNER [^\"]*|CREATE SCHEMA %[^\"]*|"
				+ "SELECT pg_terminate_backend\\(%[^\"]*|DELETE FROM %s%s[^\"]*|"
				+ "UPDATE %s SET LOCKED = FALSE[^\"]*)\"");

	private static final Pattern LITERAL = Pattern.compile("\"(?:[^\"\\\\\n]|\\\\.)*\"");

	private static final Pattern FLAG = Pattern.compile("(?<![-\\w])--[a-z][a-z-]*(?:=[a-z]*)?");

	private static final Map<String, String> EXECUTED_BY = Map.ofEntries(
			Map.entry("OwnerRole GRANT %s TO %s%s", "liquibase/OwnerRoleIT"),
			Map.entry("RoleSplit GRANT %s TO %s", "liquibase/AppRoleIT"),
			Map.entry("RoleSplit GRANT USAGE, CREATE ON SCHEMA %s TO %s", "process/PrintGrantsIT"),
			Map.entry("RoleSplit GRANT USAGE ON SCHEMA %s TO %s", "liquibase/AppRoleIT"),
			Map.entry("RoleSplit GRANT %s ON ALL %s IN SCHEMA %s TO %s", "liquibase/AppRoleIT"),
			Map.entry("RoleSplit GRANT %s ON %s TO %s", "liquibase/AppRoleIT"),
			Map.entry("RoleSplitSearch GRANT %s ON %s%s TO %s", "liquibase/AppRoleIT"),
			Map.entry("RoleSplitSearch ALTER ROLE %s%s%s", "liquibase/AppRoleIT"),
			Map.entry("RoleSplitSearch ALTER TABLE %s OWNER TO %s", "liquibase/AppRoleIT"),
			Map.entry("RoleSplitSearch CREATE SCHEMA %s AUTHORIZATION %s", "liquibase/AppRoleIT"),
			Map.entry("Backend GRANT %s TO %s, or %s", "liquibase/RotatedLoginsIT"),
			Map.entry("Backend GRANT pg_read_all_stats, pg_signal_backend TO %s.", "liquibase/RotatedLoginsIT"),
			Map.entry("Backend GRANT EXECUTE ON FUNCTION pg_catalog.pg_terminate_backend(integer, bigint) TO %s.",
					"liquibase/RotatedLoginsIT"),
			Map.entry("Backend GRANT EXECUTE ON", "postgresql/BackendIT"),
			Map.entry("Commands SELECT pg_terminate_backend(%d);", "actuate/page/SchemaPageIT"),
			Map.entry("Predecessor SELECT pg_terminate_backend(%d).", "liquibase/RotatedLoginsIT"),
			Map.entry("RunObstacles SELECT pg_terminate_backend(%d)", "governed/RunObstaclesIT"),
			Map.entry("HistorySearch CREATE SCHEMA %s; or correct the search path: currentSchema in the",
					"liquibase/MissingSchemaIT"),
			Map.entry("HistorySearch GRANT USAGE ON SCHEMA %s TO %s; and CREATE as well if it migrates.",
					"liquibase/MissingSchemaIT"),
			Map.entry(
					"MissingSchemaException CREATE SCHEMA %s; and let the role that migrates own it, or grant that role USAGE and",
					"liquibase/MissingSchemaIT"),
			Map.entry("IntentTable DELETE FROM %s%s", "liquibase/IntentIT"),
			Map.entry("DatabaseDiagnosis GRANT SELECT ON %s TO %s, and let it use the schema of that table.",
					"liquibase/AdviceIT"),
			Map.entry("MissingRights GRANT USAGE ON SCHEMA %s TO %s", "liquibase/AdviceIT"),
			Map.entry("MissingRights GRANT SELECT ON %s TO %s", "liquibase/AdviceIT"),
			Map.entry("MissingRights GRANT USAGE, CREATE ON SCHEMA %s TO %s", "liquibase/AdviceIT"),
			Map.entry("MissingRights GRANT CREATE ON DATABASE %s TO %s", "liquibase/AdviceIT"),
			Map.entry("MissingRights ALTER TABLE %s OWNER TO %s", "liquibase/AdviceIT"),
			Map.entry("MissingRights GRANT %s TO %s", "liquibase/AdviceIT"),
			Map.entry("MissingRights ALTER ROLE %s INHERIT", "liquibase/AdviceIT"),
			Map.entry("Login ALTER ROLE %s%s SET %s", "liquibase/AdviceIT"),
			Map.entry("StockLockRow UPDATE %s SET LOCKED = FALSE, LOCKEDBY = NULL, LOCKGRANTED = NULL WHERE ID = 1",
					"liquibase/AdviceIT"));

	@Test
	void eachFlagIsOneOfTheTableOfCommands() throws IOException {
		Set<String> flags = new TreeSet<>();
		try (Stream<Path> files = Files.walk(SOURCES)) {
			for (Path file : files.filter((path) -> path.toString().endsWith(".java")).toList()) {
				LITERAL.matcher(Files.readString(file))
					.results()
					.flatMap((literal) -> FLAG.matcher(literal.group()).results())
					.forEach((flag) -> flags.add(flag.group()));
			}
		}
		assertThat(flags).contains("--release-lock=", "--resolve=again", "--migrate-only")
			.allSatisfy((flag) -> assertThat(AdvisedCommand.isKnown(flag)).as(flag).isTrue());
		assertThat(AdvisedCommand.isKnown("--resolve=often")).isFalse();
		assertThat(AdvisedCommand.isKnown("--unlock")).isFalse();
	}

	@Test
	void eachCommandLineReachesTheProcessAsItIsMeant() {
		String holder = "bob's pod #2 (10.0.0.1) $HOME";
		assertThat(AdvisedCommand.in("Release it: %s; or wait.".formatted(CommandAdvice.releaseLock(holder))))
			.containsExactly(new String[] { "--migrate-only", "--release-lock=" + holder });
		String changeSet = "db/bob's log.sql::an id::me, \"myself\"";
		assertThat(AdvisedCommand.in("%s; or: %s.".formatted(CommandAdvice.repeatStatement(changeSet, "tenants/a b"),
				CommandAdvice.leaveOutStatement(changeSet, "liquibase"))))
			.containsExactly(
					new String[] { "--migrate-only", "--resolve=again", "--change-set=" + changeSet,
							"--schema=tenants/a b" },
					new String[] { "--migrate-only", "--resolve=done", "--change-set=" + changeSet,
							"--schema=liquibase" });
	}

	@Test
	void eachIsExecutedByATest() throws IOException {
		Map<String, String> found = new TreeMap<>();
		try (Stream<Path> files = Files.walk(SOURCES)) {
			// Grants that the code itself executes are no advice
			for (Path file : files.filter((path) -> path.toString().endsWith(".java"))
				.filter((path) -> !path.endsWith("SelectGrants.java"))
				.toList()) {
				String name = file.getFileName().toString().replace(".java", "");
				ADVISED.matcher(Files.readString(file))
					.results()
					.forEach((result) -> found.put(name + " " + result.group(1).strip(), ""));
			}
		}
		assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(EXECUTED_BY.keySet());
		for (String test : new TreeSet<>(EXECUTED_BY.values())) {
			assertThat(TESTS.resolve(test + ".java")).exists();
		}
	}

}
