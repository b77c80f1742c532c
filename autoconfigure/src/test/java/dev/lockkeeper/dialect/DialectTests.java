// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.dialect;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class DialectTests {

	@ParameterizedTest
	@CsvSource({ "PostgreSQL, POSTGRESQL", "H2, H2", "HSQL Database Engine, HSQLDB", "MySQL, MYSQL", "MariaDB, MYSQL",
			"Microsoft SQL Server, SQL_SERVER", "Oracle, ORACLE", "DB2/LINUXX8664, DB2", "Apache Derby, OTHER",
			", OTHER" })
	void aDatabaseIsKnownByTheNameThatItsDriverGives(String product, Dialect dialect) {
		assertThat(Dialect.named(product)).isEqualTo(dialect);
	}

}
