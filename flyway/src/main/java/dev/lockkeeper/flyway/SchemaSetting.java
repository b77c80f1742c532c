// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import dev.lockkeeper.engine.HistorySearch;

/**
 * The setting that names the schema of the history.
 */
enum SchemaSetting implements HistorySearch.Setting {

	/** The one that there is. */
	INSTANCE;

	private static final String SETTING = "spring.flyway.default-schema";

	@Override
	public String getName() {
		return SETTING + " (defaultSchema of a Flyway of your own)";
	}

	@Override
	public String setTo(String schema) {
		return "%s=%s".formatted(SETTING, schema);
	}

}
