// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

import dev.lockkeeper.autoconfigure.LockkeeperProperties.Initializers;
import dev.lockkeeper.connection.OwnDataSource;
import dev.lockkeeper.initialization.InitializerGovernor;
import dev.lockkeeper.migration.EngineIntegration;
import dev.lockkeeper.migration.EngineIntegrationProvider;
import dev.lockkeeper.migration.EngineIntegrations;
import org.jspecify.annotations.Nullable;

import org.springframework.core.env.Environment;
import org.springframework.core.io.support.SpringFactoriesLoader;

/**
 * The engines that the auto-configuration governs: those on the class path.
 */
final class Engines {

	static final EngineIntegrations ALL = new EngineIntegrations(find(Engines.class.getClassLoader()),
			InitializerGovernor.findTypes(Engines.class.getClassLoader()));

	private Engines() {
	}

	/**
	 * Return the engines that a class loader has.
	 */
	static List<EngineIntegration> find(@Nullable ClassLoader classLoader) {
		return providers(classLoader).stream()
			.map((provider) -> provider.find(classLoader))
			.filter(Objects::nonNull)
			.toList();
	}

	private static List<EngineIntegrationProvider> providers(@Nullable ClassLoader classLoader) {
		return SpringFactoriesLoader.forDefaultResourceLocation(classLoader).load(EngineIntegrationProvider.class);
	}

	/**
	 * Return the engines with the initializers that are governed beside them.
	 */
	static EngineIntegrations in(Environment environment) {
		boolean govern = !Initializers.BOOT.name().equalsIgnoreCase(environment.getProperty("lockkeeper.initializers"));
		return govern ? ALL : new EngineIntegrations(ALL.engines(), List.of());
	}

	/**
	 * Return what an engine has against its settings, when a bean of it could not be
	 * created.
	 */
	static @Nullable String explain(Throwable failure) {
		return providers(Engines.class.getClassLoader()).stream()
			.map((provider) -> provider.explain(failure))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	/**
	 * Return how an application gives its engines a data source of their own.
	 */
	static OwnDataSource ownDataSource() {
		return new OwnDataSource(ALL.inWords(EngineIntegration::engine), ALL.inWords(EngineIntegration::getUrlProperty),
				ALL.engines().stream().map(EngineIntegration::ownDataSource).collect(Collectors.joining(" ")));
	}

}
