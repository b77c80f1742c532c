// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.probe;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where the endpoint is shown while the application starts.
 */
class EarlySchemaTests {

	@ParameterizedTest
	@CsvSource({ "MANAGEMENT_PORT, MANAGEMENT, false, true", "MANAGEMENT_PORT, MANAGEMENT, true, false",
			"MANAGEMENT_PORT, SERVER, false, false", "MANAGEMENT_PORT, SERVER, true, false",
			"ALWAYS, MANAGEMENT, true, true", "ALWAYS, SERVER, true, true", "NEVER, MANAGEMENT, false, false",
			"NEVER, SERVER, false, false" })
	void isShownWhereNothingInTheApplicationGuardsItUnlessTheUserWantsItElsewhere(EarlySchema setting, WebPort port,
			boolean guarded, boolean shown) {
		assertThat(setting.isShownAt(port, guarded)).isEqualTo(shown);
	}

}
