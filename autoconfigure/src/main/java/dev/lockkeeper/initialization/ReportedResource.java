// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initialization;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;

/**
 * A resource that reports when it is read.
 */
final class ReportedResource implements Resource {

	private static final String CLASSES = "BOOT-INF/classes/";

	private final Resource resource;

	private final Consumer<String> read;

	ReportedResource(Resource resource, Consumer<String> read) {
		this.resource = resource;
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
		this.read.accept(nameOf(this.resource));
		return this.resource.getInputStream();
	}

	@Override
	public boolean exists() {
		return this.resource.exists();
	}

	@Override
	public boolean isReadable() {
		return this.resource.isReadable();
	}

	@Override
	public boolean isFile() {
		return this.resource.isFile();
	}

	@Override
	public URL getURL() throws IOException {
		return this.resource.getURL();
	}

	@Override
	public URI getURI() throws IOException {
		return this.resource.getURI();
	}

	@Override
	public File getFile() throws IOException {
		return this.resource.getFile();
	}

	@Override
	public long contentLength() throws IOException {
		return this.resource.contentLength();
	}

	@Override
	public long lastModified() throws IOException {
		return this.resource.lastModified();
	}

	@Override
	public Resource createRelative(String relativePath) throws IOException {
		return new ReportedResource(this.resource.createRelative(relativePath), this.read);
	}

	@Override
	public @Nullable String getFilename() {
		return this.resource.getFilename();
	}

	@Override
	public String getDescription() {
		return this.resource.getDescription();
	}

	@Override
	public String toString() {
		return this.resource.toString();
	}

}
