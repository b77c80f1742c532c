// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import dev.lockkeeper.schema.ChangeSetReference;
import dev.lockkeeper.schema.SchemaState;
import dev.lockkeeper.schema.SchemaStatus;
import dev.lockkeeper.testsupport.SampledCases;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A history that an older Flyway has written is taken as it is, and goes on.
 */
class OldFlywayIT {

	private static final Path JARS = Path.of("target", "old-flyway");

	private static final String[] OLD = { "V1__ship.sql\nCREATE TABLE ship (id int);",
			"V1.1__port_of_call.sql\nCREATE TABLE port (id int);\n\nINSERT INTO port VALUES (1);",
			"R__view.sql\nCREATE OR REPLACE VIEW v AS SELECT 1 AS one;" };

	@TempDir
	Path directory;

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	@ParameterizedTest
	@SampledCases
	@ValueSource(strings = { "9.22.3", "10.22.0" })
	void theHistoryOfAnOlderReleaseGoesOn(String version) throws Exception {
		MigrationFiles old = MigrationFiles.in(this.directory.resolve("old"), OLD);
		migrate(version, old);
		SchemaState before = run(old);
		assertThat(before.status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(before.applied()).isEqualTo(3);
		MigrationFiles now = MigrationFiles.in(old.location(), "V2__more.sql\nCREATE TABLE more (id int);");
		SchemaState after = run(now);
		assertThat(after.status()).isEqualTo(SchemaStatus.CURRENT);
		assertThat(Objects.requireNonNull(after.version()).changeSet())
			.isEqualTo(new ChangeSetReference("2 - more", "", ""));
		assertThat(this.database.query("SELECT count(*) FROM port")).containsExactly("1");
		// And it can be left again
		migrate(version, now);
		now.stock(this.database).load().validate();
	}

	private SchemaState run(MigrationFiles files) {
		SchemaState[] state = new SchemaState[1];
		files.application(this.database).run((context) -> {
			assertThat(context).hasNotFailed();
			state[0] = MigrationFiles.state(context);
		});
		return state[0];
	}

	private void migrate(String version, MigrationFiles files) throws Exception {
		try (URLClassLoader loader = new URLClassLoader(jars(version), ClassLoader.getPlatformClassLoader())) {
			Thread thread = Thread.currentThread();
			ClassLoader present = thread.getContextClassLoader();
			thread.setContextClassLoader(loader);
			try {
				Class<?> type = loader.loadClass("org.flywaydb.core.Flyway");
				Object configuration = type.getMethod("configure", ClassLoader.class).invoke(null, loader);
				Class<?> fluent = configuration.getClass();
				fluent.getMethod("dataSource", String.class, String.class, String.class)
					.invoke(configuration, this.database.getUrl(), null, null);
				fluent.getMethod("locations", String[].class)
					.invoke(configuration, (Object) new String[] { "filesystem:" + files.location() });
				Object flyway = fluent.getMethod("load").invoke(configuration);
				type.getMethod("migrate").invoke(flyway);
			}
			finally {
				thread.setContextClassLoader(present);
			}
		}
	}

	private static URL[] jars(String version) throws IOException {
		List<URL> jars = new ArrayList<>();
		try (Stream<Path> files = Files.list(JARS)) {
			for (Path file : files.sorted().toList()) {
				String name = file.getFileName().toString();
				if (!name.startsWith("flyway-") || name.endsWith(version + ".jar")) {
					jars.add(url(file));
				}
			}
		}
		jars.add(org.postgresql.Driver.class.getProtectionDomain().getCodeSource().getLocation());
		return jars.toArray(URL[]::new);
	}

	private static URL url(Path file) throws MalformedURLException {
		return file.toUri().toURL();
	}

}
