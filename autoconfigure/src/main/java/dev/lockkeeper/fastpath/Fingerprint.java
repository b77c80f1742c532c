// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.fastpath;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import org.jspecify.annotations.Nullable;

/**
 * Computes a digest over named values, in the order in which they are added. Not safe for
 * use by several threads.
 *
 * @since 0.1.0
 */
public final class Fingerprint {

	private final MessageDigest digest = sha256();

	/**
	 * Add a value.
	 * @param name its name
	 * @param value the value, {@code null} when there is none
	 * @return this
	 */
	public Fingerprint add(String name, @Nullable Object value) {
		add(name);
		if (value == null) {
			this.digest.update((byte) 0);
		}
		else {
			this.digest.update((byte) 1);
			add(value.toString());
		}
		return this;
	}

	// With the length before each text, no two lists of texts are the same bytes
	private void add(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		for (int shift = 24; shift >= 0; shift -= 8) {
			this.digest.update((byte) (bytes.length >>> shift));
		}
		this.digest.update(bytes);
	}

	/**
	 * Return the digest. Nothing can be added any more.
	 * @return 64 hexadecimal digits
	 */
	public String toHex() {
		return HexFormat.of().formatHex(this.digest.digest());
	}

	/**
	 * Return the digest of some bytes.
	 * @param bytes the bytes
	 * @return 64 hexadecimal digits
	 */
	static String of(byte[] bytes) {
		return HexFormat.of().formatHex(sha256().digest(bytes));
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
