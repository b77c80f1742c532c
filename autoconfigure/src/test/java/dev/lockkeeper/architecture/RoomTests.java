// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.lockkeeper.postgresql.PostgreSql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The rooms of the house, and the arrows between them.
 */
class RoomTests {

	private static final String ROOT = "dev.lockkeeper";

	private static final Path SOURCES = Path.of("src", "main", "java", "dev", "lockkeeper");

	/**
	 * Each room with the rooms that it may use.
	 */
	private static final Map<String, List<String>> ARROWS = Map.ofEntries(Map.entry("redaction", List.of()),
			Map.entry("exit", List.of("redaction", "thread", "wording")), Map.entry("logging", List.of()),
			Map.entry("thread", List.of("logging")), Map.entry("wording", List.of()),
			Map.entry("command", List.of("exit")), Map.entry("answer", List.of("exit")),
			Map.entry("mode", List.of("command", "exit")), Map.entry("schema", List.of("exit", "redaction", "wording")),
			Map.entry("progress", List.of("schema")),
			Map.entry("waiting", List.of("exit", "logging", "progress", "thread")),
			Map.entry("lock", List.of("exit", "schema")), Map.entry("dialect", List.of()),
			Map.entry("connection", List.of("database", "exit", "postgresql", "redaction", "schema")),
			Map.entry("database", List.of("postgresql")),
			Map.entry("postgresql", List.of("dialect", "jdbc", "schema", "thread", "waiting", "wording")),
			Map.entry("migration",
					List.of("exit", "lock", "logging", "progress", "redaction", "schema", "thread", "waiting",
							"wording")),
			Map.entry("gate", List.of("exit", "logging", "progress", "schema", "thread", "waiting", "wording")),
			Map.entry("lock.lease",
					List.of("connection", "database", "dialect", "exit", "lock", "postgresql", "schema", "thread",
							"wording")),
			Map.entry("intent", List.of("exit", "postgresql", "redaction", "schema")),
			Map.entry("ledger", List.of("dialect", "postgresql", "schema")),
			Map.entry("engine",
					List.of("database", "exit", "fastpath", "intent", "migration", "postgresql", "redaction", "schema",
							"transaction")),
			Map.entry("governed",
					List.of("connection", "database", "engine", "exit", "fastpath", "intent", "lock", "logging",
							"migration", "mode", "postgresql", "redaction", "schema", "thread", "transaction",
							"waiting", "wording")),
			Map.entry("initialization",
					List.of("connection", "database", "engine", "exit", "governed", "jdbc", "migration", "mode",
							"postgresql", "resource", "schema", "transaction")),
			Map.entry("liquibase",
					List.of("connection", "database", "engine", "exit", "fastpath", "governed", "intent",
							"liquibase.bean", "liquibase.lock", "liquibase.preview", "liquibase.run", "migration",
							"mode", "postgresql", "redaction", "schema", "transaction")),
			Map.entry("liquibase.bean", List.of()),
			Map.entry("liquibase.run", List.of("migration", "transaction", "wording")),
			Map.entry("liquibase.lock",
					List.of("connection", "database", "engine", "exit", "liquibase.run", "migration", "postgresql",
							"schema", "wording")),
			Map.entry("liquibase.preview",
					List.of("database", "exit", "intent", "liquibase.bean", "liquibase.run", "migration", "postgresql",
							"schema")),
			Map.entry("transaction",
					List.of("connection", "database", "exit", "intent", "jdbc", "lock", "migration", "postgresql",
							"schema", "thread", "wording")),
			Map.entry("jdbc", List.of()), Map.entry("resource", List.of()),
			Map.entry("fastpath", List.of("database", "dialect", "postgresql", "resource")),
			Map.entry("checkpoint", List.of("exit")),
			Map.entry("governance",
					List.of("answer", "checkpoint", "command", "exit", "gate", "logging", "migration", "mode",
							"redaction", "schema")),
			Map.entry("question",
					List.of("answer", "command", "exit", "gate", "migration", "mode", "redaction", "schema", "view",
							"waiting", "wording")),
			Map.entry("repair", List.of("answer", "exit", "lock", "migration", "schema", "wording")),
			Map.entry("terminal", List.of("migration", "thread")), Map.entry("view", List.of("mode", "schema")),
			Map.entry("health", List.of("gate", "mode", "schema")),
			Map.entry("actuate.page", List.of("exit", "mode", "schema", "wording")),
			Map.entry("actuate.endpoint", List.of("actuate.page", "gate", "mode", "question", "schema", "view")),
			Map.entry("observation", List.of("gate", "migration", "mode", "schema")),
			Map.entry("probe",
					List.of("actuate.endpoint", "actuate.page", "mode", "progress", "schema", "thread", "view",
							"waiting")),
			Map.entry("autoconfigure", List.of("actuate.endpoint", "actuate.page", "answer", "checkpoint", "command",
					"connection", "exit", "gate", "governance", "governed", "health", "initialization", "ledger",
					"liquibase", "liquibase.run", "lock", "lock.lease", "migration", "mode", "observation", "probe",
					"progress", "question", "redaction", "repair", "schema", "terminal", "waiting", "wording")));

	/**
	 * Libraries with the only rooms that may use them.
	 */
	private static final Map<String, List<String>> LIBRARIES = Map.ofEntries(
			Map.entry("liquibase..",
					List.of("liquibase", "liquibase.bean", "liquibase.lock", "liquibase.preview", "liquibase.run",
							"autoconfigure")),
			Map.entry("net.javacrumbs..", List.of("lock.lease")), Map.entry("org.postgresql..", List.of("postgresql")),
			Map.entry("com.zaxxer..", List.of("connection")), Map.entry("org.crac..", List.of("checkpoint")),
			Map.entry("org.springframework.boot.health..", List.of("health", "probe", "autoconfigure")),
			Map.entry("org.springframework.boot.actuate..",
					List.of("actuate.endpoint", "health", "probe", "autoconfigure")),
			Map.entry("io.micrometer..", List.of("observation", "autoconfigure")),
			Map.entry("com.sun.net.httpserver..", List.of("probe")), Map.entry("org.slf4j..", List.of("logging")),
			Map.entry("me.tongfei..", List.of("terminal")));

	private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target", "classes"));

	static Set<String> rooms() {
		return ARROWS.keySet();
	}

	static Set<String> libraries() {
		return LIBRARIES.keySet();
	}

	@Test
	void everyPackageIsARoom() {
		Set<String> packages = CLASSES.stream()
			.map(JavaClass::getPackageName)
			.map((name) -> name.substring(ROOT.length() + 1))
			.collect(Collectors.toCollection(TreeSet::new));
		assertThat(packages).containsExactlyInAnyOrderElementsOf(ARROWS.keySet());
	}

	@ParameterizedTest
	@MethodSource("rooms")
	void roomsUseOnlyTheRoomsTheyMay(String room) {
		String[] allowed = Stream.concat(Stream.of(room), ARROWS.getOrDefault(room, List.of()).stream())
			.map(RoomTests::packageOf)
			.toArray(String[]::new);
		DescribedPredicate<JavaClass> outside = not(resideInAPackage(ROOT + ".."));
		classes().that()
			.resideInAPackage(packageOf(room))
			.should()
			.onlyDependOnClassesThat(outside.or(resideInAnyPackage(allowed)))
			.check(CLASSES);
	}

	@ParameterizedTest
	@MethodSource("libraries")
	void librariesAreKnownOnlyWhereTheyBelong(String library) {
		String[] allowed = LIBRARIES.getOrDefault(library, List.of())
			.stream()
			.map(RoomTests::packageOf)
			.toArray(String[]::new);
		noClasses().that()
			.resideOutsideOfPackages(allowed)
			.should()
			.dependOnClassesThat()
			.resideInAPackage(library)
			.check(CLASSES);
	}

	@Test
	void oneRoomDistinguishesDatabases() {
		noClasses().that()
			.resideOutsideOfPackages(packageOf("database"), packageOf("postgresql"))
			.should()
			.callMethod(PostgreSql.class, "isServing", Connection.class)
			.check(CLASSES);
	}

	@Test
	void roomsAreFreeOfCycles() {
		slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(CLASSES);
	}

	@Test
	void daemonThreadsComeFromOneRoom() {
		noClasses().that()
			.resideOutsideOfPackage(packageOf("thread"))
			.should()
			.callMethod(Thread.class, "setDaemon", boolean.class)
			.check(CLASSES);
	}

	@ParameterizedTest
	@MethodSource("rooms")
	void roomsAreOneSentenceWithoutAnd(String room) throws IOException {
		assertThat(packageInfo(room)).contains("@NullMarked");
		assertThat(sentenceOf(room)).endsWith(".").doesNotContainPattern("\\band\\b").doesNotContain(". ");
	}

	static List<String> roomsUsedBy(String room) {
		return ARROWS.getOrDefault(room, List.of());
	}

	static String sentenceOf(String room) throws IOException {
		String text = packageInfo(room);
		return text.substring(text.indexOf("/**") + 3, text.indexOf("*/"))
			.replace("*", " ")
			.replaceAll("\\{@code ([^}]+)}", "`$1`")
			.replaceAll("\\s+", " ")
			.strip();
	}

	private static String packageInfo(String room) throws IOException {
		return Files.readString(SOURCES.resolve(room.replace('.', '/')).resolve("package-info.java"));
	}

	private static String packageOf(String room) {
		return ROOT + "." + room;
	}

}
