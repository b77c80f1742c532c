// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.nio.file.Path;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * A second engine is one room, which knows the port and nothing of the first engine.
 */
class FlywayRoomTests {

	private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target", "classes"));

	private static final String[] ROOMS = { "dev.lockkeeper.flyway", "dev.lockkeeper.connection",
			"dev.lockkeeper.database", "dev.lockkeeper.engine", "dev.lockkeeper.exit", "dev.lockkeeper.governed",
			"dev.lockkeeper.jdbc", "dev.lockkeeper.migration", "dev.lockkeeper.mode", "dev.lockkeeper.postgresql",
			"dev.lockkeeper.schema", "dev.lockkeeper.transaction" };

	@Test
	void flywayIsOneRoom() {
		assertThat(CLASSES.stream().map(JavaClass::getPackageName)).containsOnly("dev.lockkeeper.flyway");
	}

	@Test
	void usesOnlyTheRoomsOfAnEngine() {
		classes().that()
			.doNotHaveSimpleName("LockkeeperFlywayAutoConfiguration")
			.should()
			.onlyDependOnClassesThat(not(resideInAPackage("dev.lockkeeper..")).or(resideInAnyPackage(ROOMS)))
			.check(CLASSES);
	}

	@Test
	void knowsNothingOfLiquibase() {
		noClasses().should()
			.dependOnClassesThat(resideInAnyPackage("liquibase..", "dev.lockkeeper.liquibase.."))
			.check(CLASSES);
	}

}
