// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

import dev.lockkeeper.resource.DelegatingResource;

import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;

/**
 * A resource that reports when it is read.
 */
final class ReportedResource extends DelegatingResource {

	private static final String CLASSES = "BOOT-INF/classes/";

	private final Consumer<String> read;

	ReportedResource(Resource resource, Consumer<String> read) {
		super(resource);
		this.read = read;
	}

	/**
	 * Return the name by which people know the resource.
	 */
	static String nameOf(Resource resource) {
		if (resource instanceof ClassPathResource onClassPath) {
			return onClassPath.getPath();
		}
		try {
			String url = resource.getURL().toString();
			String inside = url.substring(url.lastIndexOf("!/") + 1);
			if (!inside.equals(url)) {
				return inside.substring(inside.contains(CLASSES) ? inside.indexOf(CLASSES) + CLASSES.length() : 1);
			}
			String file = resource.getFilename();
			return (file != null) ? file : url;
		}
		catch (IOException ex) {
			return resource.getDescription();
		}
	}

	@Override
	public InputStream getInputStream() throws IOException {
		this.read.accept(nameOf(getResource()));
		return super.getInputStream();
	}

	@Override
	public Resource createRelative(String relativePath) throws IOException {
		return new ReportedResource(super.createRelative(relativePath), this.read);
	}

}
