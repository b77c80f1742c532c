// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.schema;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * The level that one piece of code expects of a schema: all its change sets, with their
 * content. Equal levels are reached by the same change sets, whatever release they are
 * from.
 *
 * @param history the qualified name of the table that holds the history
 * @param digest a digest over the expected change sets, 64 hexadecimal digits
 * @since 0.1.0
 */
public record SchemaLevel(String history, String digest) {

	/**
	 * Create a level.
	 * @param history the qualified name of the table that holds the history
	 * @param changeSets the expected change sets: each a text with its name and what it
	 * contains, in an order that is always the same
	 * @return the level
	 */
	public static SchemaLevel of(String history, List<String> changeSets) {
		MessageDigest digest = sha256();
		changeSets.forEach((changeSet) -> digest.update(changeSet.getBytes(StandardCharsets.UTF_8)));
		return new SchemaLevel(history, HexFormat.of().formatHex(digest.digest()));
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}
}
