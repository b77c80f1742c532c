// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import dev.lockkeeper.compatibility.datajdbc.DataJdbcApplication;
import dev.lockkeeper.compatibility.datajdbc.Vessel;
import dev.lockkeeper.compatibility.datajdbc.Vessels;
import dev.lockkeeper.compatibility.jooq.JooqApplication;
import dev.lockkeeper.compatibility.jpa.JpaApplication;
import dev.lockkeeper.compatibility.jpa.Ships;
import dev.lockkeeper.compatibility.plain.PlainApplication;
import dev.lockkeeper.mode.Mode;
import dev.lockkeeper.mode.ModeDecision;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.data.jdbc.test.autoconfigure.DataJdbcTest;
import org.springframework.boot.data.jpa.test.autoconfigure.DataJpaTest;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase.Replace;
import org.springframework.boot.jdbc.test.autoconfigure.JdbcTest;
import org.springframework.boot.jooq.test.autoconfigure.JooqTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A slice of an application is governed as the whole: its migration has a lease and a
 * ledger.
 */
class SlicesIT {

	private static void assertGoverned(ModeDecision decision, JdbcTemplate jdbc) {
		assertThat(decision.mode()).isEqualTo(Mode.SELF);
		assertThat(jdbc.queryForObject("select count(*) from lockkeeper_run", Integer.class)).isOne();
		assertThat(jdbc.queryForObject("select count(*) from lockkeeper_lock", Integer.class)).isOne();
	}

	private static void onDatabaseOfItsOwn(DynamicPropertyRegistry registry) {
		TestDatabase database = TestPostgres.shared().createDatabase();
		registry.add("spring.datasource.url", database::getUrl);
	}

	@Nested
	@JdbcTest(properties = "lockkeeper.mode=defer")
	@ContextConfiguration(classes = PlainApplication.class)
	@AutoConfigureTestDatabase(replace = Replace.NONE)
	@ExtendWith(OutputCaptureExtension.class)
	class Jdbc {

		@DynamicPropertySource
		static void database(DynamicPropertyRegistry registry) {
			onDatabaseOfItsOwn(registry);
		}

		@Test
		void aJdbcTestMigratesUnderTheLeaseAndSaysThatItDoesNotDefer(CapturedOutput output,
				@Autowired ModeDecision decision, @Autowired JdbcTemplate jdbc) {
			assertGoverned(decision, jdbc);
			assertThat(decision)
				.hasToString("mode SELF (a test slice of Spring Boot; lockkeeper.mode=defer has no effect in one)");
			assertThat(jdbc.queryForList("select name from ship", String.class)).containsExactly("Aurora");
			assertThat(output).containsOnlyOnce("lockkeeper.mode=defer has no effect in one");
		}

	}

	@Nested
	@DataJpaTest
	@ContextConfiguration(classes = JpaApplication.class)
	@AutoConfigureTestDatabase(replace = Replace.NONE)
	class Jpa {

		@DynamicPropertySource
		static void database(DynamicPropertyRegistry registry) {
			onDatabaseOfItsOwn(registry);
		}

		@Test
		void aDataJpaTestMigratesUnderTheLease(@Autowired ModeDecision decision, @Autowired JdbcTemplate jdbc,
				@Autowired Ships ships) {
			assertGoverned(decision, jdbc);
			assertThat(ships.count()).isOne();
		}

	}

	@Nested
	@DataJpaTest
	@ContextConfiguration(classes = JpaApplication.class)
	class JpaOnAnEmbeddedDatabase {

		@Test
		void aDataJpaTestMigratesItsEmbeddedDatabase(@Autowired ModeDecision decision, @Autowired Ships ships) {
			assertThat(decision.mode()).isEqualTo(Mode.SELF);
			assertThat(ships.count()).isOne();
		}

	}

	@Nested
	@JooqTest
	@ContextConfiguration(classes = JooqApplication.class)
	@AutoConfigureTestDatabase(replace = Replace.NONE)
	class Jooq {

		@DynamicPropertySource
		static void database(DynamicPropertyRegistry registry) {
			onDatabaseOfItsOwn(registry);
		}

		@Test
		void aJooqTestMigratesUnderTheLease(@Autowired ModeDecision decision, @Autowired DSLContext jooq) {
			assertThat(decision.mode()).isEqualTo(Mode.SELF);
			assertThat(jooq.fetchCount(DSL.table("lockkeeper_run"))).isOne();
			assertThat(jooq.fetchCount(DSL.table("ship"))).isOne();
		}

	}

	@Nested
	@DataJdbcTest(properties = "spring.data.jdbc.repositories.enabled=true")
	@ContextConfiguration(classes = DataJdbcApplication.class)
	@AutoConfigureTestDatabase(replace = Replace.NONE)
	class DataJdbc {

		@DynamicPropertySource
		static void database(DynamicPropertyRegistry registry) {
			onDatabaseOfItsOwn(registry);
		}

		@Test
		void aDataJdbcTestMigratesUnderTheLease(@Autowired ModeDecision decision, @Autowired JdbcTemplate jdbc,
				@Autowired Vessels vessels) {
			assertGoverned(decision, jdbc);
			assertThat(vessels.findAll()).extracting(Vessel::name).containsExactly("Aurora");
		}

	}

}
