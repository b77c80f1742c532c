// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.fastpath;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lockkeeper.resource.DelegatingResource;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.core.io.support.ResourcePatternResolver;
import org.springframework.core.io.support.ResourcePatternUtils;

/**
 * Finds resources for an engine, and takes note of each question and of what the answer
 * contains. That is read before the engine reads it: a file that changes in between has
 * another content from then on than the one that was noted. Not safe for use by several
 * threads.
 *
 * @since 0.1.0
 */
public final class RecordedResources implements ResourcePatternResolver {

	private static final String ALL = "all ";

	private static final String ONE = "one ";

	private static final String BESIDE = "beside ";

	private static final String SEPARATOR = " : ";

	private static final Pattern PARAMETER = Pattern.compile("\\$\\{([^${}\\r\\n]*)}");

	// What only becomes a reference once an escape is read, or has one within itself
	private static final Pattern OBSCURED = Pattern
		.compile("(?i)\\$\\{(?![^${}\\r\\n]*})|\\$[\\\\&]|" + "&#(?:0*36|x0*24);|\\\\(?:u\\{?0*24|x24)|<!ENTITY|\\x00");

	private final ResourcePatternResolver resources;

	private final Map<String, String> digests = new LinkedHashMap<>();

	private final Set<String> parameters = new TreeSet<>();

	private @Nullable String gap;

	/**
	 * Record what is asked of a loader.
	 * @param loader finds the resources
	 */
	public RecordedResources(@Nullable ResourceLoader loader) {
		this.resources = ResourcePatternUtils.getResourcePatternResolver(loader);
	}

	/**
	 * Return the questions so far.
	 * @return each with a digest over what the answer contained
	 */
	public Map<String, String> getDigests() {
		return Collections.unmodifiableMap(this.digests);
	}

	/**
	 * Return the parameters to which the resources refer.
	 * @return their names, in their order
	 */
	public Set<String> getParameters() {
		return Collections.unmodifiableSet(this.parameters);
	}

	/**
	 * Return the reason for which the record is not complete.
	 * @return the reason, or {@code null} when it is complete
	 */
	public @Nullable String getGap() {
		return this.gap;
	}

	/**
	 * Find a resource whose content differs by now.
	 * @param loader finds the resources
	 * @param digests the questions, each with the digest over what the answer contained
	 * @return the first that differs, or {@code null} when all are the same
	 */
	public static @Nullable String findDifferent(@Nullable ResourceLoader loader, Map<String, String> digests) {
		RecordedResources now = new RecordedResources(loader);
		for (Map.Entry<String, String> known : digests.entrySet()) {
			try {
				if (!known.getValue().equals(now.digest(known.getKey()))) {
					return known.getKey();
				}
			}
			catch (IOException | RuntimeException ex) {
				return known.getKey();
			}
		}
		return null;
	}

	private String digest(String question) throws IOException {
		if (question.startsWith(ALL)) {
			String pattern = question.substring(ALL.length());
			return digest(pattern, this.resources.getResources(pattern));
		}
		if (question.startsWith(ONE)) {
			String location = question.substring(ONE.length());
			return digest(location, this.resources.getResource(location));
		}
		int separator = question.lastIndexOf(SEPARATOR);
		String pattern = question.substring(BESIDE.length(), separator);
		String relative = question.substring(separator + SEPARATOR.length());
		return digest(relative, this.resources.getResources(pattern)[0].createRelative(relative));
	}

	@Override
	public Resource[] getResources(String pattern) throws IOException {
		Resource[] found = this.resources.getResources(pattern);
		note(ALL + pattern, digest(pattern, found));
		Resource[] recorded = new Resource[found.length];
		for (int i = 0; i < found.length; i++) {
			recorded[i] = new RecordedResource(found[i], (found.length == 1) ? pattern : null);
		}
		return recorded;
	}

	@Override
	public Resource getResource(String location) {
		Resource found = this.resources.getResource(location);
		try {
			note(ONE + location, digest(location, found));
		}
		catch (IOException ex) {
			this.gap = "%s cannot be read".formatted(location);
		}
		return found;
	}

	@Override
	public @Nullable ClassLoader getClassLoader() {
		return this.resources.getClassLoader();
	}

	private void note(String question, String digest) {
		String before = this.digests.put(question, digest);
		if (before != null && !before.equals(digest)) {
			this.gap = "%s has changed".formatted(question);
		}
	}

	private String digest(String pattern, Resource... found) throws IOException {
		Fingerprint fingerprint = new Fingerprint();
		for (Resource resource : found) {
			if (!resource.exists()) {
				continue;
			}
			String uri = resource.getURI().toString();
			fingerprint.add(tail(pattern, uri),
					(uri.endsWith("/") || !resource.isReadable()) ? null : content(resource));
		}
		return fingerprint.toHex();
	}

	// The same files have other roots on other machines
	private static String tail(String pattern, String uri) {
		String path = pattern.substring(pattern.indexOf(':') + 1);
		int wildcard = path.indexOf('*');
		String root = (wildcard < 0) ? path : path.substring(0, path.lastIndexOf('/', wildcard) + 1);
		int start = (root.length() > 1) ? uri.lastIndexOf(root) : -1;
		return (start < 0) ? uri : uri.substring(start);
	}

	private String content(Resource resource) throws IOException {
		byte[] bytes;
		try (InputStream stream = resource.getInputStream()) {
			bytes = stream.readAllBytes();
		}
		String text = new String(bytes, StandardCharsets.ISO_8859_1);
		if (OBSCURED.matcher(text).find()) {
			this.gap = "%s may refer to a parameter whose name is not known".formatted(resource.getDescription());
		}
		Matcher references = PARAMETER.matcher(new String(bytes, StandardCharsets.UTF_8));
		while (references.find()) {
			this.parameters.add(references.group(1).trim());
		}
		return Fingerprint.of(bytes);
	}

	/**
	 * A resource that takes note of those that are found beside it.
	 */
	private final class RecordedResource extends DelegatingResource {

		private final @Nullable String pattern;

		RecordedResource(Resource resource, @Nullable String pattern) {
			super(resource);
			this.pattern = pattern;
		}

		@Override
		public Resource createRelative(String relativePath) throws IOException {
			Resource relative = super.createRelative(relativePath);
			if (this.pattern == null || this.pattern.contains(SEPARATOR) || relativePath.contains(SEPARATOR)) {
				RecordedResources.this.gap = "%s is beside one of several resources".formatted(relativePath);
			}
			else {
				note(BESIDE + this.pattern + SEPARATOR + relativePath, digest(relativePath, relative));
			}
			return new RecordedResource(relative, null);
		}

	}

}
