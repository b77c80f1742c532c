// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.io.support.ResourcePatternResolver;
import org.springframework.core.io.support.ResourcePatternUtils;

/**
 * Loads resources that report when they are read.
 */
final class ReportedResources implements ResourcePatternResolver {

	private final ResourcePatternResolver resources;

	private final Consumer<String> read;

	/**
	 * Create a loader.
	 * @param resources loads the resources
	 * @param read receives the name of each resource that is read
	 */
	ReportedResources(ResourceLoader resources, Consumer<String> read) {
		this.resources = ResourcePatternUtils.getResourcePatternResolver(resources);
		this.read = read;
	}

	@Override
	public Resource getResource(String location) {
		return new ReportedResource(this.resources.getResource(location), this.read);
	}

	@Override
	public Resource[] getResources(String locationPattern) throws IOException {
		return Arrays.stream(this.resources.getResources(locationPattern))
			.map((resource) -> new ReportedResource(resource, this.read))
			.toArray(Resource[]::new);
	}

	@Override
	public @Nullable ClassLoader getClassLoader() {
		return this.resources.getClassLoader();
	}

}
