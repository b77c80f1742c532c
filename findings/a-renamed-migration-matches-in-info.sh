#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Flyway's validate() refuses a migration whose description is another one than that of its row in the history. A status page
# that is made from info() would show the same, because MigrationInfo has isDescriptionMatching() and isTypeMatching(): a good
# guess. In Flyway 12.4.0 and 13.12.0 nothing overrides the descriptions and types that these two compare, so they are
# true for each migration: info() says "Success" and "matching" where validate() and migrate() fail. Only
# isChecksumMatching() compares. To know whether a migration would be refused, one has to call validateWithResult().
#
# Needs: JDK 17, mvn. Ends with 0 when it behaves as described.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > Finding.java <<'JAVA'
import java.nio.file.*;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.output.ValidateResult;

public class Finding {

	public static void main(String[] arguments) throws Exception {
		Path folder = Files.createDirectory(Path.of(arguments[0]));
		Files.writeString(folder.resolve("V1__ship.sql"), "create table ship (id int);");
		flyway(folder).migrate();
		Files.move(folder.resolve("V1__ship.sql"), folder.resolve("V1__vessel.sql"));
		MigrationInfo info = flyway(folder).info().all()[0];
		ValidateResult validation = flyway(folder).validateWithResult();
		System.out.printf("info: %s, description matching: %s, type matching: %s; validate: %s%n", info.getState(),
				info.isDescriptionMatching(), info.isTypeMatching(), validation.validationSuccessful ? "valid"
						: validation.invalidMigrations.get(0).errorDetails.errorCode);
	}

	private static Flyway flyway(Path folder) {
		return Flyway.configure().dataSource("jdbc:h2:mem:finding;DB_CLOSE_DELAY=-1", "sa", "")
			.locations("filesystem:" + folder).load();
	}

}
JAVA
for version in 12.4.0 13.12.0; do
	cat > pom.xml <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
	<modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
	<dependencies>
		<dependency><groupId>org.flywaydb</groupId><artifactId>flyway-core</artifactId><version>$version</version></dependency>
		<dependency><groupId>com.h2database</groupId><artifactId>h2</artifactId><version>2.4.240</version></dependency>
	</dependencies>
</project>
POM
	mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies -DoutputDirectory="jars-$version" >/dev/null
	javac -cp "jars-$version/*" -d "classes-$version" Finding.java
	seen=$(java -cp "classes-$version:jars-$version/*" Finding "migrations-$version" 2>/dev/null | tail -1)
	echo "Flyway $version: $seen"
	[ "$seen" = "info: SUCCESS, description matching: true, type matching: true; validate: DESCRIPTION_MISMATCH" ]
done
