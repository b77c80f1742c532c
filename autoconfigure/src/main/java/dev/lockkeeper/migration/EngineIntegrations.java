// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.migration;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The engines whose schemas are governed.
 *
 * @param engines the engines, in the order in which messages have them
 * @since 0.1.0
 */
public record EngineIntegrations(List<EngineIntegration> engines) {

	/**
	 * Create a list.
	 * @param engines the engines, in the order in which messages have them
	 */
	public EngineIntegrations {
		engines = List.copyOf(engines);
	}

	/**
	 * Return the types of the beans that are governed, subclasses included.
	 * @return the types
	 */
	public Stream<Class<?>> beanTypes() {
		return this.engines.stream().flatMap((engine) -> engine.beanTypes().stream());
	}

	/**
	 * Return what messages say of the engines, one or another.
	 * @param words what they say of one of them
	 * @return the words for all of them
	 */
	public String inWords(Function<EngineIntegration, String> words) {
		return this.engines.stream().map(words).collect(Collectors.joining(" or "));
	}

}
