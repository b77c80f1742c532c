// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.fastpath;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Manifest}.
 */
class ManifestTests {

	private static final Manifest MANIFEST = new Manifest("a1", "b2", List.of("width", "my length"), "c3",
			Map.of("all classpath*:/db/change log.yaml", "d4"), List.of("one::me", "two and more::me"));

	@Test
	void aManifestIsReadAsItWasWritten() {
		String text = MANIFEST.toText();
		assertThat(text).isNotNull();
		assertThat(Manifest.of(String.valueOf(text))).isEqualTo(MANIFEST);
	}

	@Test
	void aNameWithSeveralLinesIsNotWritten() {
		assertThat(new Manifest("a1", "b2", List.of("two\nlines"), "c3", Map.of(), List.of()).toText()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "lockkeeper 2\nlevel a\ntables b\nvalues c", "lockkeeper 1\nlevel a\ntables b",
			"lockkeeper 1\nlevel a\ntables b\nvalues c\nresour", "lockkeeper 1\nlevel a\ntables b\nvalues c\nmore d",
			"lockkeeper 1\nlevel a\ntables b\nvalues c\nresource d4" })
	void whatIsNoManifestIsNotRead(String text) {
		assertThat(Manifest.of(text)).isNull();
	}

}
