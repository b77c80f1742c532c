// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;
import java.util.stream.Collectors;

import dev.lockkeeper.connection.OwnDataSource;
import dev.lockkeeper.liquibase.LiquibaseGovernor;
import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.migration.EngineIntegrations;

/**
 * The engines that the auto-configuration governs.
 */
final class Engines {

	static final EngineIntegrations ALL = new EngineIntegrations(List.of(LiquibaseGovernor.INTEGRATION));

	private Engines() {
	}

	/**
	 * Return how an application gives its engines a data source of their own.
	 */
	static OwnDataSource ownDataSource() {
		return new OwnDataSource(ALL.inWords(EngineIntegration::engine), ALL.inWords(EngineIntegration::getUrlProperty),
				ALL.engines().stream().map(EngineIntegration::ownDataSource).collect(Collectors.joining(" ")));
	}

}
