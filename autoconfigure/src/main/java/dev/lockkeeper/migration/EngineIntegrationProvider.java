// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import org.jspecify.annotations.Nullable;

/**
 * Tells the auto-configuration of an engine that it governs. Implementations are listed
 * in {@code META-INF/spring.factories}, have a constructor without parameters, and load
 * also where their engine is not on the class path.
 *
 * @since 0.1.0
 */
public interface EngineIntegrationProvider {

	/**
	 * Return how an application declares schemas of the engine.
	 * @param classLoader the class loader of the application; {@code null} for the
	 * default one
	 * @return the description, or {@code null} when the engine is not on the class path
	 */
	@Nullable EngineIntegration find(@Nullable ClassLoader classLoader);

	/**
	 * Explain why a bean of the engine could not be created.
	 * @param failure what was thrown
	 * @return what the engine has against its settings; {@code null} when it is another
	 * failure
	 */
	default @Nullable String explain(Throwable failure) {
		return null;
	}

}
