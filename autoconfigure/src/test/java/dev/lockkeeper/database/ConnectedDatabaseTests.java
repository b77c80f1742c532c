// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.database;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * What is expected of a database that is not PostgreSQL, here H2.
 */
class ConnectedDatabaseTests {

	private Connection connection;

	private ConnectedDatabase database;

	@BeforeEach
	void connect() throws SQLException {
		this.connection = DriverManager.getConnection("jdbc:h2:mem:connected", "sa", "");
		this.database = ConnectedDatabase.of(this.connection);
	}

	@AfterEach
	void disconnect() throws SQLException {
		this.connection.close();
	}

	@Test
	void capabilitiesOfPostgreSqlAreNotExpected() throws SQLException {
		assertThat(this.database.identifiesSessions()).isFalse();
		assertThat(this.database.hasTransactionalDdl()).isFalse();
		assertThat(this.database.rollsBackSettings()).isFalse();
		assertThat(this.database.isRelayed()).isFalse();
		assertThat(this.database.findSearchPath()).isNull();
		assertThat(this.database.missingRights("other", false, List.of("history"), "refused")).isEmpty();
		assertThat(this.database.describeSessions("host", "10.0.0.1")).contains("does not read the sessions");
		assertThat(this.database.login().role()).isEqualTo("SA");
		assertThat(this.database.login().database()).isNull();
	}

	@Test
	void limitsThatOnlyPostgreSqlHasAreLeftOut() throws SQLException {
		this.database.nameNoStatements();
		this.database.limitWaits(Duration.ofSeconds(1), Duration.ofSeconds(1));
		this.database.limitStatements(Duration.ofSeconds(1));
		this.database.limitLockWaitsOfTransaction(Duration.ofSeconds(1));
		assertThat(this.connection.getAutoCommit()).isTrue();
	}

	@Test
	void onlyAnAttemptShowsWhetherATableMayBeRead() throws SQLException {
		assertThat(this.database.mayRead("nowhere")).isTrue();
	}

	@Test
	void schemasAndCatalogsAreFoundInWhateverCase() throws SQLException {
		assertThat(this.database.hasSchema("public", "\"public\"", false)).isTrue();
		assertThat(this.database.hasSchema("nowhere", "nowhere", false)).isFalse();
		assertThat(this.database.hasSchema("Connected", "Connected", true)).isTrue();
		assertThat(this.database.hasSchema("public", "public", true)).isFalse();
	}

	@Test
	void readingLeavesTheConnectionInAutoCommitMode() throws Exception {
		assertThat(this.database.readOnly(Connection::getAutoCommit)).isFalse();
		assertThat(this.connection.getAutoCommit()).isTrue();
	}

	@Test
	void readingThatFailsLeavesTheConnectionInAutoCommitMode() throws SQLException {
		assertThatIllegalStateException().isThrownBy(() -> this.database.readOnly((reading) -> {
			throw new IllegalStateException("unreadable");
		}));
		assertThat(this.connection.getAutoCommit()).isTrue();
	}

}
