// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.transaction;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class TakenRoleTests {

	private final TakenRole role = new TakenRole();

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			set role deployer                          | deployer
			SET SESSION ROLE "De ployer"               | "De ployer"
			set local role 'Deployer'                  | "Deployer"
			set role to deployer                       | deployer
			set role = deployer                        | deployer
			set role one; set role two; select 1       | two
			set role one; reset role                   |
			set role one; set role none                |
			alter role one set search_path = x         |
			select 1                                   |
			""")
	void isTheOneThatTheTextTakesOn(String sql, String expected) {
		assertThat(failing(sql)).isEqualTo(expected);
	}

	@Test
	void staysAfterACommitUnlessItIsLocal() {
		this.role.executing("set role one");
		this.role.committed();
		assertThat(failing("select 1")).isEqualTo("one");
		this.role.executing("set local role two");
		this.role.committed();
		assertThat(failing("select 1")).isEqualTo("one");
	}

	@Test
	void isKnownAfterTheRollbackAndIsTheOlderOneForTheNextStatement() {
		this.role.executing("set role one");
		this.role.committed();
		this.role.executing("set role two");
		this.role.failed();
		this.role.rolledBack();
		this.role.executing("show search_path");
		assertThat(this.role.ofFailure()).isEqualTo("two");
		assertThat(failing("select 1")).isEqualTo("one");
	}

	private @Nullable String failing(String sql) {
		this.role.executing(sql);
		this.role.failed();
		return this.role.ofFailure();
	}

}
