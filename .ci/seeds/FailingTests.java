// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.exit;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class FailingTests {

	@Test
	void fails() {
		assertThat(ExitStatus.DONE.getCode()).isEqualTo(1);
	}

}
