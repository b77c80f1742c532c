// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.process;

import dev.lockkeeper.exit.ExitStatus;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class FailingIT {

	@Test
	void fails() {
		assertThat(ExitStatus.DONE.getCode()).isEqualTo(1);
	}

}
