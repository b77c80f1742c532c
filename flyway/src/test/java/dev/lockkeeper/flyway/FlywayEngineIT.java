// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Set;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.EngineContract;
import dev.lockkeeper.engine.HistorySearch;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Flyway keeps what every engine promises.
 */
class FlywayEngineIT extends EngineContract {

	@TempDir
	Path directory;

	private int engines;

	@Override
	protected Engine create(DataSource dataSource, OwnConnections connections, List<String> statements) {
		this.engines++;
		Path location = this.directory.resolve(String.valueOf(this.engines));
		write(location, statements);
		Flyway flyway = Flyway.configure().dataSource(dataSource).locations("filesystem:" + location).load();
		return new FlywayEngine(FlywayBean.of("shop", flyway), connections,
				new HistorySearch<>("shop", false, SchemaSetting.INSTANCE));
	}

	private static void write(Path location, List<String> statements) {
		try {
			Files.createDirectories(location);
			for (int i = 0; i < statements.size(); i++) {
				Files.writeString(location.resolve("V%d__step.sql".formatted(i + 1)), statements.get(i) + ";\n");
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	protected Set<Class<?>> capabilities() {
		return Set.of();
	}

	@Test
	void aProcessThatServesKeepsNoMigrations() throws Exception {
		FlywayEngine engine = (FlywayEngine) create(this.dataSource, this.connections, List.of("SELECT 1"));
		try (Connection connection = this.connections.openStateless()) {
			engine.compare(connection);
			assertThat(engine.requireLast().migrations().infos()).hasSize(1);
			engine.forgetCode();
			assertThatIllegalStateException().isThrownBy(engine::requireLast);
		}
	}

	@Override
	protected String changeByHand() {
		return "checksum = NULL";
	}

}
