#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Two processes with stock Liquibase never migrate one database at the same time, because of DATABASECHANGELOGLOCK: a good
# guess. Liquibase takes its lock from the service with the highest priority on the class path. Keycloak's keycloak-model-jpa
# brings one with Integer.MAX_VALUE that supports each database and locks nothing. An application that has this jar, for a
# user storage or for another extension of Keycloak, migrates its own schema without a lock, and says nothing of it.
#
# Needs: JDK 17, mvn. Ends with 0 when it behaves as described.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
	<modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
	<dependencies>
		<dependency><groupId>org.liquibase</groupId><artifactId>liquibase-core</artifactId><version>5.0.3</version></dependency>
		<dependency><groupId>com.h2database</groupId><artifactId>h2</artifactId><version>2.4.240</version></dependency>
		<dependency><groupId>org.jboss.logging</groupId><artifactId>jboss-logging</artifactId><version>3.6.1.Final</version></dependency>
		<dependency>
			<groupId>org.keycloak</groupId><artifactId>keycloak-model-jpa</artifactId><version>26.7.1</version>
			<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
		</dependency>
	</dependencies>
</project>
POM
mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies -DoutputDirectory=jars >/dev/null
mkdir keycloak; mv jars/keycloak-model-jpa-*.jar keycloak
mkdir changes; printf -- '--liquibase formatted sql\n\n--changeset me:ship\ncreate table ship (id int primary key);\n' > changes/ship.sql
cat > Finding.java <<'JAVA'
import java.sql.*;
import java.util.logging.*;
import liquibase.*;
import liquibase.database.*;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.LockException;
import liquibase.lockservice.LockServiceFactory;
import liquibase.resource.ClassLoaderResourceAccessor;
import liquibase.util.LiquibaseUtil;

public class Finding {

	public static void main(String[] arguments) throws Exception {
		LogManager.getLogManager().reset();
		try (Connection connection = DriverManager.getConnection("jdbc:h2:mem:finding")) {
			try (Statement statement = connection.createStatement()) {
				statement.execute("create table databasechangeloglock (id int primary key, locked boolean not null, "
						+ "lockgranted timestamp, lockedby varchar(255))");
				statement.execute("insert into databasechangeloglock values (1, true, now(), 'another process')");
			}
			Database database = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
			String service = LockServiceFactory.getInstance().getLockService(database).getClass().getName();
			String outcome = "migrated while another process held the lock";
			try {
				new Liquibase("ship.sql", new ClassLoaderResourceAccessor(), database).update(new Contexts());
			}
			catch (Exception ex) {
				Throwable cause = ex;
				while (cause != null && !(cause instanceof LockException)) {
					cause = cause.getCause();
				}
				if (cause == null) {
					throw ex;
				}
				outcome = "waited for the lock (" + cause.getMessage() + ")";
			}
			System.out.printf("Liquibase %s, lock service %s: %s%n", LiquibaseUtil.getBuildVersion(), service, outcome);
		}
	}

}
JAVA
javac -cp 'jars/*' -d classes Finding.java
run() { java -Dliquibase.changelogLockWaitTimeInMinutes=0 -cp "classes:changes:jars/*${1:-}" Finding 2>/dev/null | tail -1; }
without=$(run); with=$(run ':keycloak/*')
echo "without keycloak-model-jpa: $without"; echo "with keycloak-model-jpa: $with"
[[ $without == *"waited for the lock"* && $with == *"DummyLockService: migrated while"* ]]
