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
 * @param initializerTypes the types of the beans that execute scripts beside the change
 * sets of a schema
 * @since 0.1.0
 */
public record EngineIntegrations(List<EngineIntegration> engines, List<Class<?>> initializerTypes) {

	/**
	 * Create a list.
	 * @param engines the engines, in the order in which messages have them
	 * @param initializerTypes the types of the beans that execute scripts beside the
	 * change sets of a schema
	 */
	public EngineIntegrations {
		engines = List.copyOf(engines);
		initializerTypes = List.copyOf(initializerTypes);
	}

	/**
	 * Return the types of the beans that migrate, subclasses included.
	 * @return the types
	 */
	public Stream<Class<?>> beanTypes() {
		return this.engines.stream().flatMap((engine) -> engine.beanTypes().stream());
	}

	/**
	 * Return the types of all beans that are governed, subclasses included.
	 * @return the types, in the order in which their beans are initialised
	 */
	public Stream<Class<?>> allBeanTypes() {
		return Stream.concat(beanTypes(), this.initializerTypes.stream());
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
