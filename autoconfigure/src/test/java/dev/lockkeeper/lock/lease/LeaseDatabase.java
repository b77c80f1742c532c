// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.lock.lease;

import dev.lockkeeper.dialect.DatabaseServers;
import dev.lockkeeper.testsupport.JdbcDatabase;
import dev.lockkeeper.testsupport.TestPostgres;

/**
 * A database that keeps leases, and how the tests talk of time there.
 *
 * @param jdbc the database
 * @param table the qualified name of the table
 * @param now the present time, as the leases have it
 * @param second a second
 * @param zone the statement that gives a session its time zone
 */
record LeaseDatabase(JdbcDatabase jdbc, String table, String now, String second, String zone) {

	static LeaseDatabase postgreSql() {
		return new LeaseDatabase(new JdbcDatabase(TestPostgres.shared().createDatabase().getUrl()),
				"public.lockkeeper_lock", "timezone('utc', clock_timestamp())", "INTERVAL '1' SECOND",
				"SET TIME ZONE '%s'");
	}

	static LeaseDatabase h2() {
		return new LeaseDatabase(DatabaseServers.h2(), "public.lockkeeper_lock", "CURRENT_TIMESTAMP",
				"INTERVAL '1' SECOND", "SET TIME ZONE '%s'");
	}

	static LeaseDatabase hsqldb() {
		return new LeaseDatabase(DatabaseServers.hsqldb(), "public.lockkeeper_lock", "CURRENT_TIMESTAMP",
				"INTERVAL '1' SECOND", "SET TIME ZONE INTERVAL '%s' HOUR TO MINUTE");
	}

	static LeaseDatabase mariaDb() {
		return new LeaseDatabase(DatabaseServers.mariaDb(), "lockkeeper_lock", "UTC_TIMESTAMP(6)", "INTERVAL 1 SECOND",
				"SET time_zone = '%s'");
	}

	void expire() {
		this.jdbc.execute("UPDATE %s SET lock_until = %s - %s".formatted(this.table, this.now, this.second));
	}

	boolean isHeld(String lock) {
		return this.jdbc
			.query("SELECT CASE WHEN lock_until > %s THEN 'held' ELSE 'free' END FROM %s WHERE name = '%s'"
				.formatted(this.now, this.table, lock))
			.contains("held");
	}

}
