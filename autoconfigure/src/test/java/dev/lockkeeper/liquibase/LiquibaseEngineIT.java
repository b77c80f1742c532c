// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;

import javax.sql.DataSource;

import dev.lockkeeper.connection.OwnConnections;
import dev.lockkeeper.engine.Engine;
import dev.lockkeeper.engine.EngineContract;
import dev.lockkeeper.engine.LockingEngine;
import dev.lockkeeper.engine.PreviewingEngine;
import dev.lockkeeper.liquibase.run.ForeignLocks;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.core.io.DefaultResourceLoader;

/**
 * Liquibase keeps what every engine promises.
 */
class LiquibaseEngineIT extends EngineContract {

	@TempDir
	Path directory;

	@Override
	protected Engine create(DataSource dataSource, OwnConnections connections, List<String> statements) {
		SpringLiquibase bean = new SpringLiquibase();
		bean.setDataSource(dataSource);
		bean.setResourceLoader(new DefaultResourceLoader());
		bean.setChangeLog("file:" + write(statements));
		HistoryLocation location = new HistoryLocation("shop", bean, dataSource, SchemaSettings.ofBean("shop"),
				new PlannedSchemas(), false);
		return new LiquibaseEngine("shop", bean, connections, new ForeignLocks(Duration.ofMinutes(5), null), location,
				Clock.systemUTC());
	}

	private Path write(List<String> statements) {
		StringBuilder changeLog = new StringBuilder("--liquibase formatted sql\n");
		for (int i = 0; i < statements.size(); i++) {
			changeLog.append("--changeset me:%d\n%s;\n".formatted(i + 1, statements.get(i)));
		}
		try {
			return Files.writeString(this.directory.resolve("changelog.sql"), changeLog);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	protected Set<Class<?>> capabilities() {
		return Set.of(PreviewingEngine.class, LockingEngine.class);
	}

	@Override
	protected String changeByHand() {
		return "md5sum = NULL";
	}

}
