// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import liquibase.changelog.ChangeSet;
import liquibase.exception.DatabaseException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What of Liquibase's log reaches the reader. The failures are logged as Liquibase 5.0.3
 * does it.
 */
class RedactingLogServiceTests {

	private static final String FAILED = "ChangeSet db.sql::one::me encountered an exception.";

	private final Logger target = Logger.getLogger("liquibase.changelog");

	private final List<LogRecord> records = new ArrayList<>();

	private final Handler handler = new Handler() {

		@Override
		public void publish(LogRecord entry) {
			RedactingLogServiceTests.this.records.add(entry);
		}

		@Override
		public void flush() {
		}

		@Override
		public void close() {
		}

	};

	@BeforeEach
	void listen() {
		this.target.addHandler(this.handler);
	}

	@AfterEach
	void stopListening() {
		this.target.removeHandler(this.handler);
		this.target.setLevel(null);
	}

	@Test
	void aChangeSetThatTheDatabaseRefusesIsOneLineWithTheMessageOfTheDatabase() {
		this.target.setLevel(Level.INFO);
		fail(new DatabaseException("[Failed SQL: select 1]", new SQLException("ERROR: no such table")));
		assertThat(this.records).singleElement().satisfies((entry) -> {
			assertThat(entry.getLevel()).isEqualTo(Level.SEVERE);
			assertThat(entry.getMessage()).isEqualTo(FAILED + " ERROR: no such table");
			assertThat(entry.getThrown()).isNull();
		});
	}

	@Test
	void theStackTraceOfARefusedChangeSetIsForDebug() {
		this.target.setLevel(Level.FINE);
		Exception failure = new DatabaseException("[Failed SQL: select 1]", new SQLException("ERROR: no such table"));
		fail(failure);
		assertThat(this.records).singleElement().extracting(LogRecord::getThrown).isSameAs(failure);
	}

	@Test
	void theStackTraceOfAChangeInJavaShowsWhereItFailed() {
		this.target.setLevel(Level.INFO);
		Exception failure = new IllegalStateException("a bug");
		fail(failure);
		assertThat(this.records).singleElement().extracting(LogRecord::getThrown).isSameAs(failure);
	}

	private static void fail(Exception failure) {
		new RedactingLogService().getLog(ChangeSet.class).severe(FAILED, failure);
	}

}
