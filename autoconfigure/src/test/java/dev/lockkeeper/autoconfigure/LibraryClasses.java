// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.stream.Stream;

import net.bytebuddy.ByteBuddy;
import net.bytebuddy.dynamic.DynamicType;

import org.springframework.util.ClassUtils;

/**
 * Classes with the names of those of a library that is not on the class path.
 */
final class LibraryClasses {

	private final ClassLoader classLoader;

	private LibraryClasses(ClassLoader classLoader) {
		this.classLoader = classLoader;
	}

	static LibraryClasses named(String... names) {
		return new LibraryClasses(Stream.of(names)
			.map((name) -> (DynamicType.Unloaded<?>) new ByteBuddy().subclass(Object.class).name(name).make())
			.reduce(DynamicType.Unloaded::include)
			.orElseThrow()
			.load(LibraryClasses.class.getClassLoader())
			.getLoaded()
			.getClassLoader());
	}

	ClassLoader getClassLoader() {
		return this.classLoader;
	}

	Class<?> get(String name) {
		return ClassUtils.resolveClassName(name, this.classLoader);
	}

}
