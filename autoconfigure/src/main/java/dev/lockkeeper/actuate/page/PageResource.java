// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * Reads the markup and the style, which lie beside the classes of this package.
 */
final class PageResource implements RuntimeHintsRegistrar {

	private static final String PATTERNS = "dev/lockkeeper/actuate/page/*.";

	/**
	 * Return the text of a resource, whose lines end alike on every platform: the browser
	 * compares the digest of the style with what it has made of it.
	 */
	static String read(String name) {
		try (InputStream stream = PageResource.class.getResourceAsStream(name)) {
			if (stream == null) {
				throw new FileNotFoundException(name);
			}
			return new String(stream.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		hints.resources().registerPattern(PATTERNS + "html").registerPattern(PATTERNS + "css");
	}

}
