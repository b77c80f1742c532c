// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.actuate.page;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The style of the page: on a phone, on a wall, by day, at night.
 */
final class Style {

	static final String CSS = PageResource.read("page.css");

	/**
	 * Nothing but this very style: no script, no other resource, no form.
	 */
	static final String POLICY = policy("'none'");

	/**
	 * This style, and a form that is sent to where the page is from.
	 */
	static final String POLICY_WITH_FORM = policy("'self'");

	private Style() {
	}

	private static String policy(String forms) {
		return "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action %s".formatted(digest(), forms);
	}

	private static String digest() {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(CSS.getBytes(StandardCharsets.UTF_8));
			return Base64.getEncoder().encodeToString(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
