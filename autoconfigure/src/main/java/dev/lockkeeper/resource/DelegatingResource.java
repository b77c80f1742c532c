// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.resource;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;

import org.jspecify.annotations.Nullable;

import org.springframework.core.io.Resource;

/**
 * A resource that answers as another one does.
 *
 * @since 0.1.0
 */
public abstract class DelegatingResource implements Resource {

	private final Resource resource;

	/**
	 * Create a resource.
	 * @param resource the one that answers
	 */
	protected DelegatingResource(Resource resource) {
		this.resource = resource;
	}

	/**
	 * Return the one that answers.
	 * @return the resource
	 */
	protected final Resource getResource() {
		return this.resource;
	}

	@Override
	public InputStream getInputStream() throws IOException {
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
		return this.resource.createRelative(relativePath);
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
