// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import dev.lockkeeper.testsupport.TestDatabase;

/**
 * The role that migrates a database, and the role of the application, which may read and
 * write what the other one makes, and may create nothing.
 *
 * @param owner the name of the first one
 * @param application the name of the second one
 */
record Roles(String owner, String application) {

	/**
	 * Create both, before anything is in the database.
	 */
	static Roles create(TestDatabase database) {
		String owner = database.getServer().createRole(Harbour.PASSWORD);
		String application = database.getServer().createRole(Harbour.PASSWORD);
		database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", "GRANT CREATE ON SCHEMA public TO " + owner, """
				ALTER DEFAULT PRIVILEGES FOR ROLE %1$s
				GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %2$s
				""".formatted(owner, application),
				"ALTER DEFAULT PRIVILEGES FOR ROLE %1$s GRANT USAGE, SELECT ON SEQUENCES TO %2$s".formatted(owner,
						application));
		return new Roles(owner, application);
	}

	/**
	 * Let the application only read the tables of the migration itself.
	 */
	void restrictToReading(TestDatabase database) {
		for (String table : database.query("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' "
				+ "AND tablename ~ '^(lockkeeper_|databasechangelog)'")) {
			database.execute("REVOKE INSERT, UPDATE, DELETE ON %s FROM %s".formatted(table, this.application));
		}
	}

}
